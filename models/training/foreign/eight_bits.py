"""A float32 graph turned into int8 by onnxruntime.quantization, with ranges fixed on training records (QDQ)."""

import onnx
from cnn import make
from common import Job, accuracy
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from ribonnx_training import adapt, graphs


class Rows(CalibrationDataReader):
    """Training records, a batch at a time."""

    def __init__(self, codes):
        self.batches = iter([{"codes": codes[k:k + 64]} for k in range(0, 512, 64)])

    def get_next(self):
        return next(self.batches, None)


job = Job()
# Layers alone: the softmax that export puts behind the network fills its width with -3e4, which no 8 bits can hold beside logits.
reference = make(job, job.folder / "float32.onnx")
quantize_static(str(job.folder / "float32.onnx"), str(job.folder / "qdq.onnx"), Rows(job.train.codes), quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv", "Gemm", "MatMul"], per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
adapt.save(onnx.load(job.folder / "qdq.onnx"), job.folder / "net.onnx")
# The dynamic kind takes its ranges from the whole batch, so a record's result depends on its neighbours: proven here.
quantize_dynamic(str(job.folder / "float32.onnx"), str(job.folder / "dynamic.onnx"))
mixes = not graphs.batch_invariant(graphs.session(job.folder / "dynamic.onnx"), job.test.codes[:24])
print("dynamic quantisation mixes records:", mixes)
job.finish(reference, "`quantize_static` (QDQ) of Conv, Gemm and MatMul, ranges from 512 training records; the dynamic kind " + ("mixes records" if mixes else "passes, too"),
           "trained; compared with torch in float32", absolute=0.05, relative=0.05, quality=accuracy(reference, job.test))
