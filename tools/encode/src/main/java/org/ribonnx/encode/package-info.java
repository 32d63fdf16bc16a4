/** Records to features: readers, encoders, and the step that joins them. */
@NullMarked
package org.ribonnx.encode;

import org.jspecify.annotations.NullMarked;
