/** The umbrella command: predict, model, doctor. */
@NullMarked
package org.ribonnx.cli;

import org.jspecify.annotations.NullMarked;
