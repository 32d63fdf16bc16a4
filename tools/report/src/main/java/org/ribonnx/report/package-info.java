/** Predictions to a page that people read and to numbers that programs read. */
@NullMarked
package org.ribonnx.report;

import org.jspecify.annotations.NullMarked;
