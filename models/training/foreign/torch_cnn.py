"""A PyTorch convolution on [B, 4, L] that answers two questions at once (many labels), by ribonnx_training."""

import numpy as np
import torch
from common import Job, fit
from ribonnx_training import graphs, layers
from torch import nn

job = Job()
net = nn.Sequential(nn.Conv1d(4, 32, 13, padding=6), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(32, 2))
model = layers.WithCodes(net, "B4L", "ACGT", unknown=0.25, final="sigmoid")
target = np.stack([job.train.motifs, (job.train.labels == 2).astype(np.float32)], 1)
fit(model, job.train, 400, nn.functional.binary_cross_entropy, target)
codes = torch.from_numpy(job.test.codes)
graphs.export(model, codes, job.folder / "net.onnx", "codes", "probabilities")
with torch.no_grad():
    reference = torch.sigmoid(net(layers.OneHot("B4L", "ACGT", 0.25)(codes))).numpy()
right = float(((reference > 0.5) == np.stack([job.test.motifs, job.test.labels == 2], 1)).mean())
job.finish(reference, "`WithCodes(net, \"B4L\", \"ACGT\")` and `export`", "trained", kind="multi-label", labels=["motif", "AU-rich"],
           quality=f"accuracy {right:.2f}")
