"""A scikit-learn pipeline (scaler and logistic regression on one-hot positions) by skl2onnx."""

import onnx
from common import Job, accuracy
from ribonnx_training import adapt
from ribonnx_training.layouts import Layout
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

job, layout = Job(), Layout("B(L4)", unknown=0.25)
x = layout.apply(job.train.codes)
model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300)).fit(x, job.train.labels)
graph = to_onnx(model, x[:1], target_opset={"": 18, "ai.onnx.ml": 3})  # probabilities come as a list of maps (ZipMap)
graph = adapt.keep_output(graph, "output_probability")
graph = adapt.codes_in_front(graph, job.train.codes.shape[1], layout)
adapt.save(graph, job.folder / "net.onnx")
reference = model.predict_proba(layout.apply(job.test.codes))
job.finish(reference, "`codes_in_front(B(L4))`; `keep_output` takes the labels and the ZipMap away", "trained", quality=accuracy(reference, job.test))
