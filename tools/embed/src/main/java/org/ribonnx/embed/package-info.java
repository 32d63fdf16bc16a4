/** Features to embeddings: a graph per view. */
@NullMarked
package org.ribonnx.embed;

import org.jspecify.annotations.NullMarked;
