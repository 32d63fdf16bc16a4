"""XGBoost classes by onnxmltools."""

import xgboost
from common import Job, accuracy
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from ribonnx_training import adapt
from ribonnx_training.layouts import Layout

job, layout = Job(), Layout("B(L4)")
x = layout.apply(job.train.codes)
model = xgboost.XGBClassifier(n_estimators=40, max_depth=4, n_jobs=1, random_state=1).fit(x, job.train.labels)
graph = convert_xgboost(model, initial_types=[("x", FloatTensorType([None, x.shape[1]]))], target_opset=15)
graph = adapt.keep_output(graph, "probabilities")
graph = adapt.codes_in_front(graph, job.train.codes.shape[1], layout)
graph = adapt.output_width(graph, 3)
adapt.save(graph, job.folder / "net.onnx")
reference = model.predict_proba(layout.apply(job.test.codes))
job.finish(reference, "`codes_in_front(B(L4))`; `keep_output`; `output_width` (the converter leaves it open)", "trained",
           quality=accuracy(reference, job.test))
