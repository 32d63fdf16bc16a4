"""The network that half_precision.py and eight_bits.py convert: PyTorch, trained, exported in float32."""

import torch
from common import fit
from ribonnx_training import graphs, layers
from torch import nn


def make(job, path):
    """Train, export to `path`; returns the probabilities on the test records, [96, 3]."""
    torch.manual_seed(1)
    net = nn.Sequential(nn.Conv1d(4, 32, 13, padding=6), nn.ReLU(), nn.MaxPool1d(4), nn.Conv1d(32, 32, 5, padding=2), nn.ReLU(),
                        nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 3))
    model = layers.WithCodes(net, "B4L", final="softmax")
    fit(model, job.train, 400, lambda p, y: nn.functional.nll_loss(torch.log(p + 1e-9), y), job.train.labels)
    codes = torch.from_numpy(job.test.codes)
    graphs.export(model, codes, path, "codes", "probabilities")
    with torch.no_grad():
        return torch.softmax(net(layers.OneHot("B4L")(codes)), 1).numpy()
