"""A text network from transformers (BERT, from a configuration, no download): codes are its tokens."""

import torch
from common import Job, accuracy
from ribonnx_training import graphs, layers
from torch import nn
from transformers import BertConfig, BertForSequenceClassification


class Text(nn.Module):
    """uint8 codes [B, L] to probabilities [B, 3]; padding is what the attention must not see."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def logits(self, codes):
        return self.bert(input_ids=codes.to(torch.int64), attention_mask=(codes < 5).to(torch.int64), return_dict=False)[0]

    def forward(self, codes):
        return layers.Softmax()(self.logits(codes))


job = Job()
torch.manual_seed(1)
config = BertConfig(vocab_size=8, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
                    max_position_embeddings=200, num_labels=3, pad_token_id=5, attn_implementation="eager")
model = Text(BertForSequenceClassification(config)).eval()
codes = torch.from_numpy(job.test.codes)
graphs.export(model, codes, job.folder / "net.onnx", "codes", "probabilities")
with torch.no_grad():
    reference = torch.softmax(model.logits(codes), 1).numpy()
job.finish(reference, "a module that casts codes to tokens and makes the mask; `attn_implementation=\"eager\"`; `export`", "random")
