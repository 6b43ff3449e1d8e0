# Percent of lines covered by folder, from Cobertura reports: a line counts as covered when any of the runs reached it.
function attribute(name,    rest) {
    if (!match($0, " " name "=\"[^\"]*\"")) return ""
    rest = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
    return rest
}
FNR == 1 { source = "" }
/<source>/ { source = $0; gsub(/.*<source>|<\/source>.*/, "", source) }
/<class / {
    file = attribute("filename")
    if (file !~ /^\//) file = source (source ~ /\/$/ ? "" : "/") file
    if (index(file, root) == 1) file = substr(file, length(root) + 1); else file = ""
}
/<line / && file != "" && file !~ /\.g\.cs$|^artifacts\// {
    key = file ":" attribute("number")
    if (!(key in hits) || attribute("hits") + 0 > hits[key]) hits[key] = attribute("hits") + 0
}
END {
    for (key in hits) {
        folder = key
        if (!sub(/\/[^\/]*$/, "", folder)) folder = "."
        lines[folder]++; all++
        if (hits[key] > 0) { covered[folder]++; reached++ }
    }
    for (folder in lines) printf "%5.1f %%  %5d lines  %s\n", 100 * covered[folder] / lines[folder], lines[folder], folder | "sort -k4"
    close("sort -k4")
    if (all) printf "%5.1f %%  %5d lines  all\n", 100 * reached / all, all
}
