"""A PyTorch GRU that reads codes and takes the state at each record's own length; the length is counted in the graph."""

import torch
from common import Job, accuracy, fit
from ribonnx_training import graphs, layers
from torch import nn


class Reader(nn.Module):
    """uint8 codes [B, L] to probabilities [B, 3]."""

    def __init__(self):
        super().__init__()
        self.one_hot, self.gru, self.out = layers.OneHot("BL4"), nn.GRU(4, 32, batch_first=True), nn.Linear(32, 3)
        self.register_buffer("pooled", torch.ones(1, 32))

    def logits(self, codes):
        states, _ = self.gru(self.one_hot(codes))
        length = (codes < 5).to(torch.int64).sum(1).clamp(min=1)
        last = states.gather(1, (length - 1)[:, None, None].expand(-1, 1, 32))
        return self.out(last[:, 0])

    def forward(self, codes):
        return layers.Softmax()(self.logits(codes))


job = Job()
model = Reader()
fit(model, job.train, 80, lambda p, y: nn.functional.nll_loss(torch.log(p + 1e-9), y), job.train.labels, rate=1e-2)
codes = torch.from_numpy(job.test.codes)
graphs.export(model, codes, job.folder / "net.onnx", "codes", "probabilities")
with torch.no_grad():
    reference = torch.softmax(model.logits(codes), 1).numpy()
job.finish(reference, "`OneHot(\"BL4\")` in front; the length is counted in the graph (`codes < 5`); `export`", "trained",
           quality=accuracy(reference, job.test))
