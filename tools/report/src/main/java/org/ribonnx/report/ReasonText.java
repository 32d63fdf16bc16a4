package org.ribonnx.report;

import java.util.Map;

/** What the reason codes mean, and what to do, in plain words. */
final class ReasonText {
  /**
   * @param meaning what happened
   * @param remedy what to do
   */
  record Text(String meaning, String remedy) {}

  private static final Map<String, Text> TEXTS =
      Map.ofEntries(
          Map.entry(
              "below-threshold",
              new Text(
                  "No label is probable enough: the highest probability is below the threshold of the model.",
                  "Right for RNA that the model does not know. If many are here, check that the input is what the model expects; the column best names the nearest label, which is a hint and no finding.")),
          Map.entry(
              "above-threshold",
              new Text(
                  "The score is above the threshold of the model.",
                  "Right for RNA that the model does not know. If many are here, check that the input is what the model expects.")),
          Map.entry(
              "rejected-label",
              new Text(
                  "The most probable label is the one that stands for none of the others.",
                  "Right for RNA of other kinds. If many are here, check species, strand and kind of RNA.")),
          Map.entry(
              "not-a-number",
              new Text(
                  "The model returned no number for the record.",
                  "Report the id and its sequence to the author of the model.")),
          Map.entry(
              "no-usable-base",
              new Text(
                  "The sequence is empty or holds ambiguous letters alone.",
                  "Look at the record in the input.")),
          Map.entry(
              "too-short",
              new Text(
                  "The sequence is shorter than the model can read.",
                  "Check that adapters or filters did not cut it.")),
          Map.entry(
              "too-long",
              new Text(
                  "The sequence is longer than the model reads, and it refuses to cut it.",
                  "Give the part that the model is made for, see the model card.")),
          Map.entry(
              "wrong-letter",
              new Text(
                  "The sequence holds a letter that is none of RNA or DNA.",
                  "Look for protein, gaps of an alignment or a damaged file.")),
          Map.entry(
              "bad-id",
              new Text(
                  "The record has no id, or one of over 255 bytes.",
                  "Name the records, or shorten their names.")),
          Map.entry(
              "missing-view",
              new Text(
                  "A part of the input that the model needs is missing for the record.",
                  "Give every input a record of this id.")),
          Map.entry(
              "bad-value",
              new Text(
                  "A feature that the model reads has no number, or one that can't be.",
                  "Look at the sample in the table: empty cells, NA, words, commas, counts below 0.")),
          Map.entry(
              "low-coverage",
              new Text(
                  "The table has too few of the features that the model reads.",
                  "Compare the names in the table with those of the model; give the whole table and not a selection.")),
          Map.entry(
              "low-total",
              new Text(
                  "The counts of the sample add up to less than the model can use.",
                  "Check that the sample was sequenced deeply enough and counted rightly.")),
          Map.entry(
              "features-filled",
              new Text(
                  "The table lacks some of the features that the model reads; they were filled in as the model says.",
                  "Nothing, if they are few. The run record says how many.")),
          Map.entry(
              "outside-training-range",
              new Text(
                  "The sequence is shorter or longer than those the model was trained on; the prediction stands, with less ground.",
                  "Check that these are whole records of the kind the model expects.")),
          Map.entry(
              "cut",
              new Text(
                  "The sequence is longer than the model reads; the rest was left out.",
                  "Nothing, if the informative part is at the end that is kept (see the model card).")),
          Map.entry(
              "ambiguous-letters",
              new Text(
                  "The sequence holds ambiguous letters (N and the like).",
                  "Nothing, if they are few.")),
          Map.entry(
              "counts-capped",
              new Text(
                  "Something occurs in the sequence more often than the model counts.",
                  "Nothing; if many are here, look for repeats of one or a few letters.")),
          Map.entry(
              "renamed",
              new Text(
                  "An earlier record has the same id, so this one got a number.",
                  "Make ids unique if you join results by id.")));

  private static final Text OTHER = new Text("A code of the step that made the predictions.", "");

  private ReasonText() {}

  static Text of(String code) {
    return TEXTS.getOrDefault(code, OTHER);
  }
}
