/** Tensor files: plain NPZ that {@code numpy.load} opens, read and written by position. */
@NullMarked
package org.ribonnx.core.npz;

import org.jspecify.annotations.NullMarked;
