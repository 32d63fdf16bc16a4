package org.ribonnx.core.onnx;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A graph that has been checked and can be opened.
 *
 * @param called how messages call it
 * @param content the ONNX file
 * @param location where ONNX Runtime can read it from by itself; null inside a zip
 * @param info its structure
 */
public record GraphFile(
    String called, ByteBuffer content, @Nullable Path location, GraphInfo info) {}
