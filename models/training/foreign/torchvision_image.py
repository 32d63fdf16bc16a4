"""An image network from torchvision (MobileNet V3 small), which sees one-hot as a picture of 32 by 200 in three channels."""

import torch
import torchvision
from common import Job, accuracy, fit
from ribonnx_training import graphs, layers
from torch import nn


class Picture(nn.Module):
    """[B, 1, 4, L] to [B, 3, 32, L]: each letter is a stripe of 8 lines."""

    def forward(self, x):
        return x.repeat_interleave(8, 2).expand(-1, 3, -1, -1)


job = Job()
torch.manual_seed(1)
net = torchvision.models.mobilenet_v3_small(weights=None, num_classes=3)
model = layers.WithCodes(nn.Sequential(Picture(), net), "B14L", final="softmax")
fit(model, job.train, 60, lambda p, y: nn.functional.nll_loss(torch.log(p + 1e-9), y), job.train.labels, batch=32, rate=1e-3)
codes = torch.from_numpy(job.test.codes)
graphs.export(model, codes, job.folder / "net.onnx", "codes", "probabilities")
with torch.no_grad():
    reference = torch.softmax(net(Picture()(layers.OneHot("B14L")(codes))), 1).numpy()
job.finish(reference, "`WithCodes(…, \"B14L\")` with 8 lines per letter and three equal channels; `export`", "60 steps of training, too few for the task",
           quality=accuracy(reference, job.test))
