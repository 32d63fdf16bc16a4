/** Blocks of records on their way through the steps, in order and in parallel. */
@NullMarked
package org.ribonnx.core.block;

import org.jspecify.annotations.NullMarked;
