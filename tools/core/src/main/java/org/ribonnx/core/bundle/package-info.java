/** Model bundles: the folder or zip that carries graphs, labels and their description. */
@NullMarked
package org.ribonnx.core.bundle;

import org.jspecify.annotations.NullMarked;
