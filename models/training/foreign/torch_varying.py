"""A PyTorch network that takes any length and the length itself: a view of varying length, padded to a grid."""

import torch
from common import Job, accuracy, fit
from ribonnx_training import graphs, layers
from torch import nn


class Reader(nn.Module):
    """uint8 codes [B, L], L a multiple of 4, and int64 lengths [B], to probabilities [B, 3]: the mean over a record's own places."""

    def __init__(self):
        super().__init__()
        self.one_hot = layers.OneHot("B4L", unknown=0.25)
        self.motifs = nn.Sequential(nn.Conv1d(4, 32, 13, padding=6), nn.ReLU(), nn.MaxPool1d(4))
        self.body = nn.Sequential(nn.Conv1d(32, 32, 5, padding=2), nn.ReLU())
        self.out = nn.Linear(64, 3)

    def logits(self, codes, lengths):
        x = self.motifs(self.one_hot(codes))
        places = (lengths + 3) // 4
        mask = (torch.arange(x.shape[2])[None] < places[:, None]).to(x.dtype)[:, None]
        x = self.body(x * mask) * mask  # masked after every layer: a bias makes padding look like something
        mean = torch.matmul(x, mask.transpose(1, 2))[:, :, 0] / places[:, None]
        return self.out(torch.cat([mean, x.amax(2)], 1))

    def forward(self, codes, lengths):
        return layers.Softmax()(self.logits(codes, lengths))


class Counting(nn.Module):
    """For training on padded rows: the lengths are counted."""

    def __init__(self, reader):
        super().__init__()
        self.reader = reader

    def forward(self, codes):
        return self.reader(codes, (codes < 5).sum(1))


job = Job()
model = Reader()
fit(Counting(model), job.train, 300, lambda p, y: nn.functional.nll_loss(torch.log(p + 1e-9), y), job.train.labels)
codes = torch.from_numpy(job.test.codes)
lengths = (codes < 5).sum(1)
graphs.export(model, (codes, lengths), job.folder / "net.onnx", ["codes", "lengths"], "probabilities", multiple_of=4)
with torch.no_grad():  # each record alone, at its own length
    reference = torch.cat([torch.softmax(model.logits(c[None, :-(-n // 4) * 4], n[None]), 1) for c, n in zip(codes, lengths)]).numpy()
job.finish(reference, "`export(…, multiple_of=4)`; in model.yaml `shape: [length]`, `max`, `grid` and `lengths`", "trained", varying=True,
           quality=accuracy(reference, job.test))
