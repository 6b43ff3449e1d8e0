using System.Globalization;
using System.Text;

namespace AspireElection.Dashboard.Incidents;

/// <summary>Names within Markdown: they come from the store, where others write.</summary>
internal static class Markdown
{
    /// <summary>
    /// The text shows as it is, in one line: nothing in it becomes a heading, link, mention or tag, and nothing that has no
    /// shape of its own (line ends, directions of writing) is left.
    /// </summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                escaped.Append(' ');
                continue;
            }

            // Hyphen, point and comma mean something at the beginning of a line alone, where no name stands.
            if (rune.IsAscii && char.IsPunctuation((char)rune.Value) && rune.Value is not ('-' or '.' or ',')
                || rune.Value is '`' or '<' or '>' or '|' or '~' or '^' or '$' or '+' or '=')
            {
                escaped.Append('\\');
            }

            escaped.Append(rune);
        }

        return escaped.ToString();
    }
}
