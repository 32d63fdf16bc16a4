"""LightGBM regression (share of G and C) by onnxmltools."""

import lightgbm
import numpy as np
from common import Job
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType
from ribonnx_training import adapt
from ribonnx_training.layouts import Layout

job, layout = Job(), Layout("B(L4)")
x = layout.apply(job.train.codes)
model = lightgbm.LGBMRegressor(n_estimators=80, num_leaves=15, n_jobs=1, verbose=-1, random_state=1).fit(x, job.train.gc)
graph = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, x.shape[1]]))], target_opset=15)
graph = adapt.codes_in_front(graph, job.train.codes.shape[1], layout)
graph = adapt.output_width(graph, 1)
adapt.save(graph, job.folder / "net.onnx")
reference = model.predict(layout.apply(job.test.codes))
job.finish(reference, "`codes_in_front(B(L4))`", "trained", kind="regression", labels=["gc"],
           quality=f"r {np.corrcoef(reference, job.test.gc)[0, 1]:.2f}")
