using System.Globalization;
using AspireElection.Dashboard.Watching;

namespace AspireElection.Dashboard.Drills;

/// <summary>A drill as the form asks for it, checked.</summary>
/// <param name="Election">One that this dashboard shows.</param>
/// <param name="Kind">What is to be done.</param>
/// <param name="Node">To whom; null: whoever leads.</param>
/// <param name="For">How long, where that is chosen.</param>
/// <param name="Number">Of the form: sent twice, it is one order.</param>
internal sealed record DrillOrder(string Election, DrillKind Kind, CandidateId? Node, TimeSpan? For, string Number)
{
    /// <summary>The form's fields.</summary>
    public const string ElectionField = "election", KindField = "drill", NodeField = "node", ForField = "for", NumberField = "number", RangeField = "range";

    /// <summary>The choice that follows the seat.</summary>
    public const string TheLeader = "leader";

    /// <summary>Null where the form is none that this page sent, or the member chosen has gone meanwhile.</summary>
    public static DrillOrder? Read(IFormCollection form, IReadOnlyList<ElectionPicture> pictures)
    {
        var picture = pictures.FirstOrDefault(p => p.Election == form[ElectionField]);
        var kind = DrillKind.All.FirstOrDefault(k => k.Name == form[KindField]);
        var number = (string?)form[NumberField];
        if (picture is null || kind is null || number is null || !SentForms.IsNumber(number))
            return null;
        TimeSpan? length = null;
        if (kind.Lasts)
        {
            if (!int.TryParse(form[ForField], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || !DrillKind.Seconds.Contains(seconds))
                return null;
            length = TimeSpan.FromSeconds(seconds);
        }

        if (form[NodeField] == TheLeader)
            return new(picture.Election, kind, null, length, number);
        var member = picture.Members.FirstOrDefault(m => m.Id.ToString() == form[NodeField]);
        return member is null ? null : new(picture.Election, kind, member.Id, length, number);
    }
}
