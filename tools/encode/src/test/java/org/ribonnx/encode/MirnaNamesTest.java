package org.ribonnx.encode;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MirnaNamesTest {
  @ParameterizedTest
  @CsvSource({
    "hsa-let-7a-1, let-7a",
    "hsa-let-7a-2, let-7a",
    "hsa-let-7a-5p, let-7a",
    "hsa-let-7a-5p/7c-5p, let-7a",
    "hsa-let-7a-2-3p, let-7a",
    "hsa-mir-103-1-as, mir-103",
    "hsa-mir-103-1, mir-103",
    "hsa-miR-103a-3p, mir-103a",
    "hsa-miR-19b-1*, mir-19b",
    "hsa-miR-124-3p.1, mir-124",
    "HSA-MIR-122, mir-122",
    "mir-1-2, mir-1",
    "hsa-miR-3p, mir",
    "hsa-miR-, mir-",
    "let-7a, let-7a",
    "SNORD44, snord44",
    "ENSG00000284190, ensg00000284190",
    "'', ''"
  })
  void whatIsDroppedAndWhatStays(String name, String stem) {
    assertEquals(stem, MirnaNames.stem(name));
  }

  /** The rule as regular expressions, on names made of its own parts. */
  @Test
  void theRuleInAnotherForm() {
    Random random = new Random(601);
    List<String> parts =
        List.of(
            "hsa-", "let-", "miR-", "mir-", "7", "103", "a", "b", "-1", "-3p", "-5p", ".1", "*",
            "-as", "/", "x", "-");
    Pattern kept = Pattern.compile("^(let|mir)-(\\d+[a-z]*)");
    for (int i = 0; i < 20_000; i++) {
      StringBuilder name = new StringBuilder();
      for (int part = random.nextInt(8); part >= 0; part--) {
        name.append(parts.get(random.nextInt(parts.size())));
      }
      String rest = name.toString().toLowerCase(Locale.ROOT).replace("hsa-", "");
      rest = rest.replaceFirst("/.*", "").replaceFirst("-as$", "");
      rest = rest.replaceFirst("(-[35]p)(\\..*)?$", "").replace("*", "");
      Matcher matcher = kept.matcher(rest);
      String expected = matcher.find() ? matcher.group(1) + "-" + matcher.group(2) : rest;
      assertEquals(expected, MirnaNames.stem(name.toString()), name.toString());
    }
  }
}
