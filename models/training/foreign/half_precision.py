"""A float32 graph turned into float16 by onnxconverter-common."""

import onnx
from cnn import make
from common import Job, accuracy
from onnxconverter_common.float16 import convert_float_to_float16
from ribonnx_training import adapt

job = Job()
reference = make(job, job.folder / "float32.onnx")
graph = convert_float_to_float16(onnx.load(job.folder / "float32.onnx"), keep_io_types=True)
adapt.save(graph, job.folder / "net.onnx")
job.finish(reference, "`convert_float_to_float16(keep_io_types=True)`", "trained; compared with torch in float32",
           absolute=0.01, relative=0.01, quality=accuracy(reference, job.test))
