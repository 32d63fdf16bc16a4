"""Layers, export and changes to graphs. Needs what requirements.txt names; not part of .ci/run.

    venv/bin/python -m unittest models/training/tests/with_torch.py
"""

import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ribonnx_training import adapt, graphs, layers  # noqa: E402
from ribonnx_training.layouts import Layout  # noqa: E402

AXES = ("B4L", "BL4", "B14L", "B1L4", "BL41", "B4L1", "B(4L)", "B(L4)")


def codes(rows=33, length=40):
    return np.random.default_rng(2).integers(0, 6, (rows, length), np.uint8)


class Work(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "x.onnx"


class Layers(Work):
    def test_every_layout_is_numpys_and_survives_the_export(self):
        for axes in AXES:
            for order, unknown in (("ACGU", 0.0), ("AGCT", 0.25)):
                layer, x = layers.OneHot(axes, order, unknown), codes()
                wanted = Layout(axes, order, unknown).apply(x)
                np.testing.assert_array_equal(layer(torch.from_numpy(x)).numpy(), wanted)
            agreement = graphs.export(layer, torch.from_numpy(x), self.path, "codes", "x", check=False)
            self.assertEqual(agreement.difference, 0)
            got = graphs.run(graphs.session(self.path), x)
            np.testing.assert_array_equal(got, wanted)

    def test_n_as_a_channel(self):
        x = codes()
        got = layers.OneHot("B5L", "NACGU")(torch.from_numpy(x)).numpy()
        np.testing.assert_array_equal(got[:, 0], x == 4)

    def test_softmax_of_any_width_sums_to_one_and_is_torchs(self):
        for classes in (1, 2, 3, 4, 5, 165):
            z = torch.randn(7, classes) * 5
            np.testing.assert_allclose(layers.Softmax()(z).numpy(), torch.softmax(z, 1).numpy(), atol=1e-7)

    def test_unknown_final(self):
        with self.assertRaisesRegex(ValueError, "softmax, sigmoid, none"):
            layers.WithCodes(nn.Identity(), final="relu")


class Export(Work):
    def net(self):
        torch.manual_seed(1)
        return layers.WithCodes(nn.Sequential(nn.Conv1d(4, 8, 5), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(8, 3)),
                                final="softmax")

    def test_one_file_with_a_dynamic_batch(self):
        agreement = graphs.export(self.net(), torch.from_numpy(codes()), self.path, "codes", "p")
        self.assertLess(agreement.difference, 1e-6)
        self.assertEqual([p.name for p in self.path.parent.iterdir()], ["x.onnx"])
        model = onnx.load(self.path)
        self.assertLessEqual(model.ir_version, 10)
        self.assertLessEqual(max(o.version for o in model.opset_import), 20)
        self.assertEqual(model.graph.input[0].type.tensor_type.elem_type, TensorProto.UINT8)
        self.assertFalse(model.graph.input[0].type.tensor_type.shape.dim[0].HasField("dim_value"))

    def test_a_newer_opset_and_one_record_are_refused(self):
        with self.assertRaisesRegex(ValueError, "opset is 21"):
            graphs.export(self.net(), torch.from_numpy(codes()), self.path, "codes", "p", opset=21)
        with self.assertRaisesRegex(ValueError, "one record"):
            graphs.export(self.net(), torch.from_numpy(codes(1)), self.path, "codes", "p")
        with self.assertRaisesRegex(ValueError, "none twice"):
            graphs.export(self.net(), torch.from_numpy(codes()), self.path, "codes", "codes")

    def test_records_that_depend_on_each_other_are_refused(self):
        class Mixing(nn.Module):
            def forward(self, x):
                return x.float() - x.float().mean(0, keepdim=True)

        with self.assertRaisesRegex(ValueError, "differ|neighbours"):
            graphs.export(Mixing(), torch.from_numpy(codes()), self.path, "codes", "p")
        self.assertEqual(list(self.path.parent.iterdir()), [])

    def test_mixing_that_a_tolerance_hides_is_refused(self):
        class Mixing(nn.Module):
            def forward(self, x):
                return x.float() + 1e-5 * x.float().mean(0, keepdim=True)

        with self.assertRaisesRegex(ValueError, "depends on its neighbours"):
            graphs.export(Mixing(), torch.from_numpy(codes()), self.path, "codes", "p")

    def test_dropout_is_off(self):
        net = nn.Sequential(layers.OneHot("B(4L)"), nn.Dropout(0.5), nn.Linear(160, 4)).train()
        self.assertLess(graphs.export(net, torch.from_numpy(codes()), self.path, "codes", "p").difference, 1e-5)

    def test_an_open_length(self):
        net = layers.WithCodes(nn.Sequential(nn.Conv1d(4, 8, 5, padding=2), nn.MaxPool1d(4), nn.AdaptiveMaxPool1d(1), nn.Flatten()))
        graphs.export(net, torch.from_numpy(codes()), self.path, "codes", "p", multiple_of=4)
        sess = graphs.session(self.path)
        for length in (8, 40, 512):
            x = codes(5, length)
            with torch.no_grad():
                np.testing.assert_allclose(graphs.run(sess, x), net(torch.from_numpy(x)).numpy(), atol=1e-5)
        with self.assertRaisesRegex(ValueError, "axis 1 is not fixed"):
            graphs.prove(self.path, {"codes": codes()}, {"p": net(torch.from_numpy(codes())).detach().numpy()})

    def test_two_inputs(self):
        class Two(nn.Module):
            def forward(self, codes, length):
                return codes.float()[:, :4] * length.float()

        x, n = torch.from_numpy(codes()), torch.arange(33, dtype=torch.int32)[:, None]
        self.assertEqual(graphs.export(Two(), (x, n), self.path, ["codes", "length"], "p").rows, 33)


class Adapt(Work):
    def matmul(self, shape, kind=TensorProto.FLOAT, opset=17):
        """A graph that returns its input as it is."""
        graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [helper.make_tensor_value_info("x", kind, shape)],
                                  [helper.make_tensor_value_info("y", kind, shape)])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)

    def test_codes_in_front(self):
        shapes = {"B4L": [None, 4, 40], "BL4": [None, 40, 4], "B14L": [None, 1, 4, 40], "BL41": [None, 40, 4, 1], "B(L4)": [None, 160]}
        for axes, shape in shapes.items():
            for opset in (11, 17):
                for kind in (TensorProto.FLOAT, TensorProto.FLOAT16):
                    layout = Layout(axes, "AGCU", 0.25)
                    adapt.save(adapt.codes_in_front(self.matmul(shape, kind, opset), 40, layout), self.path)
                    np.testing.assert_array_equal(graphs.run(graphs.session(self.path), codes()), layout.apply(codes()))
                    self.assertEqual(graphs.check_graph(self.path), [])

    def test_tokens_mask_length_and_zeros(self):
        for opset in (11, 17):
            names = {"ids": ["n", 40], "mask": ["n", 40], "length": ["n"], "column": ["n", 1], "types": ["n", 40]}
            kinds = dict.fromkeys(names, TensorProto.INT64) | {"length": TensorProto.INT32, "mask": TensorProto.FLOAT}
            graph = helper.make_graph(
                [helper.make_node("Identity", [n], [f"{n}.out"]) for n in names], "g",
                [helper.make_tensor_value_info(n, kinds[n], shape) for n, shape in names.items()],
                [helper.make_tensor_value_info(f"{n}.out", kinds[n], shape) for n, shape in names.items()])
            onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), self.path)
            adapt.main([str(self.path), str(self.path), "--tokens", "A=15,C=16,G=17,T=18,N=19,pad=1", "--length", "40", "--input", "ids",
                        "--mask-input", "mask", "--length-input", "length", "--zeros-input", "types"])
            model = adapt.input_from_codes(onnx.load(self.path), "column", "length")
            adapt.save(model, self.path)
            x = codes()
            x[0] = 255
            x[1, 20:] = 5
            got = dict(zip(names, graphs.run_all(graphs.session(self.path), {"codes": x})))
            vocabulary = np.array([15, 16, 17, 18, 19] + [1] * 251)
            np.testing.assert_array_equal(got["ids"], vocabulary[x])
            np.testing.assert_array_equal(got["mask"], (x < 5).astype(np.float32))
            np.testing.assert_array_equal(got["length"], (x < 5).sum(1))
            np.testing.assert_array_equal(got["column"], (x < 5).sum(1)[:, None])
            self.assertFalse(got["types"].any())
            self.assertEqual([v.name for v in model.graph.input], ["codes"])

    def test_final_values(self):
        for width in (1, 2, 3, 4, 5):
            z = np.random.default_rng(4).standard_normal((33, width)).astype(np.float32) * 4
            for what, wanted in (("softmax", torch.softmax(torch.from_numpy(z), 1)), ("sigmoid", torch.sigmoid(torch.from_numpy(z)))):
                for opset in (11, 17):
                    adapt.save(adapt.final_values(self.matmul([None, width], opset=opset), what), self.path)
                    sess = graphs.session(self.path)
                    np.testing.assert_allclose(graphs.run(sess, z), wanted.numpy(), atol=1e-6)
                    self.assertTrue(graphs.batch_invariant(sess, z[:20]))
        with self.assertRaisesRegex(ValueError, "state its width"):
            adapt.final_values(self.matmul([None, None]), "softmax")
        with self.assertRaisesRegex(ValueError, "at least 11"):
            adapt.final_values(self.matmul([None, 3], opset=10), "softmax")

    def test_open_batch(self):
        adapt.save(adapt.open_batch(self.matmul([1, 40])), self.path)
        self.assertEqual(graphs.check_graph(self.path), [])

    def test_as_a_command_on_a_newer_opset(self):
        theirs = self.path.with_name("theirs.onnx")
        onnx.save(self.matmul([None, 4, 40], opset=22), theirs)
        adapt.main([str(theirs), str(self.path), "--one-hot", "B4L", "--order", "ACGT", "--length", "40", "--unknown", "0.25"])
        np.testing.assert_array_equal(graphs.run(graphs.session(self.path), codes()), Layout("B4L", "ACGT", 0.25).apply(codes()))
        self.assertEqual(graphs.check_graph(self.path), [])
        with self.assertRaises(SystemExit) as end:
            adapt.main([str(theirs), str(self.path), "--output", "z", "--one-hot", "B4L", "--length", "40"])
        self.assertEqual(end.exception.code, 1)

    def test_keep_output_takes_the_zip_map_away(self):
        from skl2onnx import to_onnx
        from sklearn.linear_model import LogisticRegression

        x = np.random.default_rng(3).standard_normal((60, 4)).astype(np.float32)
        model = LogisticRegression().fit(x, np.arange(60) % 3)
        graph = adapt.keep_output(to_onnx(model, x[:1], target_opset={"": 18, "ai.onnx.ml": 3}), "output_probability")
        adapt.save(adapt.output_width(graph, 3), self.path)
        self.assertEqual(len(onnx.load(self.path).graph.output), 1)
        np.testing.assert_allclose(graphs.run(graphs.session(self.path), x), model.predict_proba(x), atol=1e-5)

    def test_what_is_not_there(self):
        with self.assertRaisesRegex(ValueError, "has the inputs"):
            adapt.codes_in_front(self.matmul([None, 160]), 40, Layout("B(4L)"), input="z")
        with self.assertRaisesRegex(ValueError, "no floating-point"):
            adapt.codes_in_front(self.matmul([None, 160], TensorProto.INT64), 40, Layout("B(4L)"))
        with self.assertRaisesRegex(ValueError, "has a tensor 'x'"):
            adapt.codes_in_front(self.matmul([None, 160]), 40, Layout("B(4L)"), name="x")
        with self.assertRaisesRegex(ValueError, "N and pad are expected"):
            adapt.tokens_in_front(self.matmul([None, 40], TensorProto.INT64), 40, {"A": 1, "C": 2, "G": 3, "U": 4})
        with self.assertRaisesRegex(ValueError, "whole numbers"):
            adapt.tokens_in_front(self.matmul([None, 40]), 40, {})
        with self.assertRaisesRegex(ValueError, "none of mask"):
            adapt.input_from_codes(self.matmul([None, 40]), "x", "positions")
        with self.assertRaisesRegex(ValueError, "not 'z'"):
            adapt.keep_output(self.matmul([None, 4]), "z")


if __name__ == "__main__":
    unittest.main()
