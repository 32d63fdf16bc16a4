/** Tests of the report. */
@NullMarked
package org.ribonnx.report;

import org.jspecify.annotations.NullMarked;
