"""A text network as somebody else would hand it over: a finished file with tokens, mask and types as inputs, logits out, weights in a second
file. Only `python -m ribonnx_training.adapt` is used on it."""

import numpy as np
import torch
from common import Job
from ribonnx_training import adapt
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

TOKENS = {"A": 5, "C": 6, "G": 7, "U": 8, "N": 9, "pad": 0}


class Text(nn.Module):
    """Three inputs, int64 [B, L], to logits [B, 3]."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids, return_dict=False)[0]


job = Job()
torch.manual_seed(3)
config = BertConfig(vocab_size=30, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
                    max_position_embeddings=200, num_labels=3, attn_implementation="eager")
model = Text(BertForSequenceClassification(config)).eval()
vocabulary = np.array([TOKENS[letter] for letter in "ACGUN"] + [TOKENS["pad"]] * 251)
ids = torch.from_numpy(vocabulary[job.test.codes])
inputs = (ids, torch.from_numpy((job.test.codes < 5).astype(np.int64)), torch.zeros_like(ids))
names = ["input_ids", "attention_mask", "token_type_ids"]
batch = torch.export.Dim("batch")
torch.onnx.export(model, inputs, str(job.folder / "theirs.onnx"), dynamo=True, opset_version=20, external_data=True, input_names=names,
                  output_names=["logits"], dynamic_shapes=({0: batch},) * 3, verbose=False)
adapt.main([str(job.folder / "theirs.onnx"), str(job.folder / "net.onnx"), "--length", "200", "--input", names[0],
            "--tokens", ",".join(f"{letter}={number}" for letter, number in TOKENS.items()),
            "--mask-input", names[1], "--zeros-input", names[2], "--final", "softmax"])
with torch.no_grad():
    reference = torch.softmax(model(*inputs), 1).numpy()
job.finish(reference, "`adapt … --tokens … --mask-input … --zeros-input … --final softmax` on the finished file", "random")
