"""Healthy mood spreads, depression does not: Hill EM, Griffiths & House 2015, Proc R Soc B 282:20151180."""

from qc import Figure

KEY = "hillem2015"
FIGURES = {  # references, section 3, row "Depression counter-evidence"
    "develop": Figure(1 / 2, "times the chance of developing depression, with enough friends of healthy mood", KEY),
    "recover": Figure(2, "times the chance of recovering, with enough friends of healthy mood", KEY),
    "shortest": Figure(6, "months over which the chances are meant", KEY),
    "longest": Figure(12, "months over which the chances are meant", KEY),
}
