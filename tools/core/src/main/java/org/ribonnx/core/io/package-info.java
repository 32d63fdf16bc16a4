/**
 * Files: inputs recognised by their content, outputs that appear under their name only when whole.
 */
@NullMarked
package org.ribonnx.core.io;

import org.jspecify.annotations.NullMarked;
