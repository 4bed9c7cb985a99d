#!/bin/sh
# From an export to a verdict on the command line.

echo "# An export to work on: a liver plan with a boost that leaves too little liver"
rtcheck demo --example liver-thrombosis --violating -o example > /dev/null
export=example/liver-thrombosis-violating/export

echo "# What is in it, and which roles its structures would have"
rtcheck inspect $export | sed -n '/^ROIs/,$p' | head -n 12

echo "# Checked: the exit code tells scripts what the table tells people"
rtcheck check $export -p zhai-2025-hcc-thrombosis --json report.json > report.txt
echo "exit code $?"
sed -n '/^✗/,/^$/p' report.txt

echo "# Any metric of any structure, or of an expression of structures"
rtcheck dvh $export -s "Whole Liver - gtv 54" -m "Mean[Gy]" -m "V30Gy[%]" -m "DC700cc[Gy]" |
    sed -n '/Structure/,$p'

echo "# The same for a script: no value, and the reason"
rtcheck dvh $export -s "Whole Liver - gtv 54" -m "DC700cc[Gy]" --json - 2> /dev/null |
    python3 -c 'import json, sys; m = json.load(sys.stdin)["structures"][0]["metrics"][0]; print(m["value"], m["reason"])'

echo "# A schedule by itself"
rtcheck bed --dose 58.42 --fractions 23 --alpha-beta 10
