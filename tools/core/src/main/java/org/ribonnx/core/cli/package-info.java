/** What the command lines share: option groups, exit codes, one-line errors, progress. */
@NullMarked
package org.ribonnx.core.cli;

import org.jspecify.annotations.NullMarked;
