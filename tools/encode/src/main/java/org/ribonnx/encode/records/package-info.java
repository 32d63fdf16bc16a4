/** Readers of sequence files, recognised by their content. */
@NullMarked
package org.ribonnx.encode.records;

import org.jspecify.annotations.NullMarked;
