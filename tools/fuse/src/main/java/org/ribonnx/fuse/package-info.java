/** Views of a record to one. */
@NullMarked
package org.ribonnx.fuse;

import org.jspecify.annotations.NullMarked;
