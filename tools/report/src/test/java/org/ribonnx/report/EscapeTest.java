package org.ribonnx.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

class EscapeTest {
  @Test
  void markupNeverActs() {
    assertEquals(
        "&lt;script&gt;alert(1)&lt;/script&gt;", Escape.markup("<script>alert(1)</script>"));
    assertEquals("&quot;&gt;&lt;img onerror=x&gt;", Escape.markup("\"><img onerror=x>"));
    assertEquals("](javascript:&#96;&#39;&amp;../", Escape.markup("](javascript:`'&../"));
  }

  @Test
  void whatHidesOrReordersTextIsShown() {
    assertEquals("a\\u0000\\u001b\\u000ab", Escape.markup("a\u0000\u001b\nb"));
    assertEquals("\\u202egnp.exe\\u200b\\ufeff", Escape.markup("\u202egnp.exe\u200b\ufeff"));
    assertEquals("\\ud800x", Escape.markup("\ud800x"));
    assertEquals("\\U000e0041", Escape.markup(new String(Character.toChars(0xE0041))));
    assertEquals("5′→3′ µ 日本", Escape.markup("5′→3′ µ 日本"));
  }

  @Test
  void onlyHttpsBecomesALink() {
    assertEquals(
        "<a href=\"https://rfam.org/?a=1&amp;b\" rel=\"noopener noreferrer\">&lt;b&gt;</a>",
        Escape.link("https://rfam.org/?a=1&b", "<b>"));
    for (String url :
        new String[] {
          "http://rfam.org",
          "javascript:alert(1)",
          "https://x\" onclick=\"y",
          "https:// x",
          "",
          "https://",
          "data:text/html,x",
          "https://x\\y",
          "HTTPS://x"
        }) {
      assertEquals("t", Escape.link(url, "t"), url);
    }
    assertEquals(
        "<a href=\"https://doi.org/10.1093/nar/gkaa1047\" rel=\"noopener noreferrer\">"
            + "doi:10.1093/nar/gkaa1047</a>",
        Escape.citation("doi:10.1093/nar/gkaa1047"));
    assertEquals("doi:10.1093/&quot;&gt;x", Escape.citation("doi:10.1093/\">x"));
  }

  @Test
  void commentsCantBeLeft() {
    String text = Escape.comment("a --> <script> --!> b");
    assertFalse(text.contains("--") || text.contains("<") || text.contains(">"), text);
  }
}
