package org.ribonnx.encode.records;

/**
 * A column of a table that stands for a feature (or a line, where features are in lines).
 *
 * @param name as it is written
 * @param at number of the column or line, from 1
 * @param place the same in words, for messages
 */
public record NamedColumn(String name, long at, String place) {}
