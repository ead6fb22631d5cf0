package dev.finetune.trainer.serving;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class MarkdownTest {
    @Test
    void rendersWhatModelCardsUse() {
        assertThat(Markdown.toHtml("""
                ---
                license: mit
                ---
                # Title

                Some **bold** `code` and a
                [link](https://example.org/a?b=1&c=2).

                - one
                - two

                | a | b |
                |---|---|
                | 1 | `x \\| y` |

                ```
                <tag>
                ```
                """)).isEqualTo("""
                <h2>Title</h2>
                <p>Some <strong>bold</strong> <code>code</code> and a <a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer">link</a>.</p>
                <ul>
                <li>one</li>
                <li>two</li>
                </ul>
                <div class="scroll"><table>
                <tr><th>a</th><th>b</th></tr>
                <tr><td>1</td><td><code>x | y</code></td></tr>
                </table></div>
                <pre><code>&lt;tag&gt;
                </code></pre>
                """);
    }

    @Test
    void linksTheReportToItsAddress() {
        assertThat(Markdown.toHtml("See [report.html](report.html).")).contains("<a href=\"report\">report.html</a>");
    }

    @Test
    void makesNoLinkOfOtherSchemes() {
        assertThat(Markdown.toHtml("[x](javascript:alert(1))")).doesNotContain("<a");
    }

    @Property(tries = 300)
    void neverLetsMarkupThrough(@ForAll String text) {
        String html = Markdown.toHtml(text + "<script>\n|<img src=x onerror=y>|\n- <b>\n# <i>\n[<u>](http://a\"b)");

        assertThat(html).doesNotContain("<script", "<img", "<b>", "<i>", "<u>", "a\"b");
    }
}
