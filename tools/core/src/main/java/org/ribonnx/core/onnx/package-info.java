/** The one place that knows ONNX Runtime. */
@NullMarked
package org.ribonnx.core.onnx;

import org.jspecify.annotations.NullMarked;
