/** What a run remembers of itself: counts, phases, the run record. */
@NullMarked
package org.ribonnx.core.run;

import org.jspecify.annotations.NullMarked;
