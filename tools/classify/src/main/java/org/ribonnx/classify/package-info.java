/** Fused views to predictions: a graph per head. */
@NullMarked
package org.ribonnx.classify;

import org.jspecify.annotations.NullMarked;
