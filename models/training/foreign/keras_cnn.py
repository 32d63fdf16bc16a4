"""A Keras 3 model (torch backend) on [B, L, 4] by its own `export(format="onnx")`."""

import os

os.environ["KERAS_BACKEND"] = "torch"
import keras  # noqa: E402
import onnx  # noqa: E402
from common import Job, accuracy  # noqa: E402
from ribonnx_training import adapt  # noqa: E402
from ribonnx_training.layouts import Layout  # noqa: E402

job, layout = Job(), Layout("BL4")
keras.utils.set_random_seed(1)
model = keras.Sequential([
    keras.Input((200, 4)), keras.layers.Conv1D(32, 12, activation="relu"), keras.layers.GlobalMaxPooling1D(),
    keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(layout.apply(job.train.codes), job.train.labels, epochs=8, batch_size=64, verbose=0)
exported = job.folder / "keras.onnx"
model.export(str(exported), format="onnx", verbose=False, opset_version=20)
graph = adapt.open_batch(onnx.load(exported))
graph = adapt.codes_in_front(graph, 200, layout)
adapt.save(graph, job.folder / "net.onnx")
reference = model.predict(layout.apply(job.test.codes), verbose=0)
job.finish(reference, "`export(format=\"onnx\", opset_version=20)`; `codes_in_front(BL4)`", "trained", quality=accuracy(reference, job.test))
