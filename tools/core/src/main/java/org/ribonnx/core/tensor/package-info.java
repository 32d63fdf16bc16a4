/** Element types, shapes and memory of tensors. */
@NullMarked
package org.ribonnx.core.tensor;

import org.jspecify.annotations.NullMarked;
