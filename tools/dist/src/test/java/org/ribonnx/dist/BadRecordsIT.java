package org.ribonnx.dist;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Inputs that are not RNA records: exit 4, and a line with the place and the remedy. */
class BadRecordsIT {
  private static final String RNA = "GCAUGCAUCGGAUCGAUUAGCGAUCGGGCAUAUCGCGAUU";
  private static final String GOOD = ">a\n" + RNA + "\n>b\n" + RNA + "\n";

  private final List<Case> cases = new ArrayList<>();

  private void bad(String name, String file, byte[] content, String... fragments) {
    String[] all = Arrays.copyOf(fragments, fragments.length + 1);
    all[fragments.length] = file;
    one(name, 4, box -> List.of(box.input(file, content)), all);
  }

  private void bad(String name, String file, String content, String... fragments) {
    bad(name, file, content.getBytes(StandardCharsets.UTF_8), fragments);
  }

  private void one(
      String name, int code, Function<Sandbox, List<String>> arguments, String... fragments) {
    // In turn through the two commands that read records: one process a case.
    boolean predict = cases.size() % 2 == 0;
    cases.add(
        Case.of(
            (predict ? "predict: " : "encode: ") + name,
            code,
            box -> {
              List<String> command =
                  new ArrayList<>(
                      predict ? List.of("ribonnx", "predict") : List.of("ribonnx-encode"));
              command.addAll(List.of("--model", Sandbox.smallest()));
              command.addAll(
                  predict
                      ? List.of("--output", box.out("p.tsv"), "--scores", box.out("s.tsv"))
                      : List.of("--output", box.out("f.npz")));
              command.addAll(arguments.apply(box));
              return command;
            },
            fragments));
  }

  @TestFactory
  Stream<DynamicTest> badRecords() throws IOException {
    bad("empty file", "x.fa", "", "is empty", "FASTA, FASTQ or a table");
    bad("blank lines only", "x.fa", "\n\n  \n", "is empty");
    bad("header only", "x.fa", ">a\n", "1 header and no sequence");
    bad("headers only", "x.fa", ">a\n>b\n", "2 headers and no sequence");
    bad(
        "no id",
        "x.fa",
        GOOD + ">\n" + RNA + "\n>\n" + RNA + "\n",
        "2 records are invalid",
        "line 5",
        "no id",
        "--invalid-records unusable");
    bad(
        "id of blanks",
        "x.fa",
        "> \n" + RNA + "\n",
        "1 record is invalid",
        "line 1",
        "no id",
        "--invalid-records unusable");
    bad(
        "duplicate ids",
        "x.fa",
        GOOD + ">a x\n" + RNA + "\n>b\n" + RNA + "\n",
        "2 records repeat an id",
        "record 3",
        "'a'",
        "record 1",
        "--duplicate-ids number");
    bad(
        "id of 256 bytes",
        "x.fa",
        GOOD + ">" + "i".repeat(256) + "\n" + RNA + "\n",
        "1 record is invalid",
        "line 5",
        "over 255 bytes",
        "--invalid-records unusable");
    bad(
        "id of 128 letters of two bytes",
        "x.fa",
        ">" + "é".repeat(128) + "\n" + RNA + "\n",
        "over 255 bytes");
    bad(
        "protein",
        "x.fa",
        GOOD + ">p\nGCAU\nMKLV\n",
        "line 7",
        "'p'",
        "'L'",
        "position 7",
        "protein",
        "--invalid-records unusable");
    bad("digits", "x.fa", ">a\nGCAU1CAU\n", "line 2", "'a'", "'1'", "position 5");
    bad("gaps", "x.fa", ">a\nGCAU--AU\n", "'-'", "alignment", "remove the gaps");
    bad("a letter that is no ASCII", "x.fa", ">a\nGCAUé\n", "0xc3", "position 5");
    bad("no FASTA", "x.fa", "hello world\n", "line 1", "hello world", "FASTA");
    bad("bytes without text", "x.fa", binary(), "binary");
    bad("binary behind a header", "x.fa", ">a\n" + RNA + "\0\0\n", "binary");
    bad(
        "binary after many records",
        "x.fa",
        GOOD.replace(">b\n", ">b\n" + (RNA + "\n").repeat(400)) + ">c\n\0\1\2\n",
        "0x00",
        "'c'");
    bad("UTF-16", "x.fa", ("\ufeff" + GOOD).getBytes(StandardCharsets.UTF_16LE), "UTF-16");
    bad("UTF-16, big-endian", "x.fa", GOOD.getBytes(StandardCharsets.UTF_16), "UTF-16");
    bad("UTF-16 without a mark", "x.fa", GOOD.getBytes(StandardCharsets.UTF_16LE), "binary");
    bad("bzip2", "x.fa.bz2", "BZh91AY&SY\1\2\3", "bzip2", "gzip");
    bad("xz", "x.fa.xz", new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 1}, "xz", "gzip");
    bad("zstd", "x.fa.zst", new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 1}, "zstd");
    byte[] packed = gzip(GOOD.repeat(1).getBytes(StandardCharsets.UTF_8));
    bad(
        "truncated gzip",
        "x.fa.gz",
        Arrays.copyOf(packed, packed.length - 12),
        "gzip data is damaged or cut short");
    bad("gzip header only", "x.fa.gz", Arrays.copyOf(packed, 10), "damaged or cut short");
    bad("two bytes of gzip", "x.fa.gz", Arrays.copyOf(packed, 2), "damaged or cut short");
    byte[] flipped = packed.clone();
    flipped[flipped.length - 7] ^= 0x40;
    bad("gzip with a wrong checksum", "x.fa.gz", flipped, "damaged or cut short");
    bad("gzip of nothing", "x.fa.gz", gzip(new byte[0]), "is empty");
    bad(
        "GFF",
        "x.fa",
        "##gff-version 3\nchr1\tx\tgene\t1\t100\t.\t+\t.\tID=g\n",
        "annotation",
        "FASTA");
    bad(
        "GTF without comments",
        "x.fa",
        "chr1\tx\texon\t1\t100\t.\t+\t.\tgene_id \"g\";\n",
        "annotation");
    bad("HTML", "x.fa", "<!DOCTYPE html>\n<html></html>\n", "web page", "download");
    bad("SAM", "x.fa", "@HD\tVN:1.6\n@SQ\tSN:c\tLN:9\n", "SAM", "samtools fastq");
    bad("BAM", "x.bam", gzip(new byte[] {'B', 'A', 'M', 1, 0, 0, 0, 0}), "BAM", "samtools fastq");
    bad("zip", "x.fa", new byte[] {'P', 'K', 3, 4, 20, 0}, "zip");
    bad("FASTQ cut short", "x.fq", "@a\nGCAU\n+\nIIII\n@b\nGC", "FASTQ");
    bad("FASTQ with a wrong length of qualities", "x.fq", "@a\nGCAU\n+\nII\n", "FASTQ");
    bad("table with one column named", "x.tsv", "id\tother\na\tGCAU\n", "line 1", "'sequence'");
    bad(
        "table with a short row",
        "x.tsv",
        "id\tsequence\na\t" + RNA + "\nb\n",
        "line 3",
        "an id and a sequence");
    bad("table header only", "x.tsv", "id\tsequence\n", "no sequence record");
    one("no such file", 2, box -> List.of(box.in + "/none.fa"), "none.fa", "no such file");
    one("a folder", 2, box -> List.of(box.in.toString()), "is a folder", "name the files");
    one("no input", 2, box -> List.of(), "no input is given", "name a file");
    one("standard input is empty", 4, box -> List.of("-"), "standard input", "is empty");
    one("standard input twice", 2, box -> List.of("-", "-"), "twice");
    one(
        "the second file is wrong",
        4,
        box -> List.of(box.input("a.fa", GOOD), box.input("b.fa", ">c\nGCJ\n")),
        "b.fa",
        "line 2",
        "'c'",
        "'J'");
    one(
        "an id twice over two files",
        4,
        box -> List.of(box.input("a.fa", GOOD), box.input("b.fa", ">b\n" + RNA + "\n")),
        "b.fa, record 1",
        "'b'",
        "a.fa, record 2");
    one(
        "an input that the model lacks",
        2,
        box -> List.of("--input", "protein=" + box.input("a.fa", GOOD)),
        "protein",
        "the model has the inputs [rna]");
    return Case.tests(cases);
  }

  private static byte[] binary() {
    byte[] bytes = new byte[5000];
    new java.util.Random(7).nextBytes(bytes);
    bytes[0] = (byte) 0x80;
    bytes[9] = 0;
    return bytes;
  }

  static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream stream = new GZIPOutputStream(packed)) {
      stream.write(content);
    }
    return packed.toByteArray();
  }
}
