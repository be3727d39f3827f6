"""Vaccination: Lau 2012 (an online health record), Banerjee 2013 (who passes on), Banerjee 2019 (gossips), Kim 2015."""

from qc import Figure

RECORD, PASSING_ON, GOSSIPS, NOMINATION = "lau2012", "banerjee2013", "banerjee2019", "kim2015"
FIGURES = {  # references, section 6
    # row "Lau"
    "with_record": Figure((26, 224), "vaccinated, of", RECORD),
    "with_record_interval": Figure((8.0, 16.5), "percent", RECORD),
    "waiting_list": Figure((12, 246), "vaccinated, of", RECORD),
    "waiting_list_interval": Figure((2.8, 8.3), "percent", RECORD),
    # row "Banerjee et al. 2013"
    "participants_pass_on": Figure(7, "times as likely as informed people who do not take part, about", PASSING_ON),
    # row "Banerjee et al. 2019"
    "gossips": Figure(22, "percent more vaccinations than with random seeds", GOSSIPS),
    # row "Kim"
    "nomination": Figure((951, 1280), "tickets redeemed, of, friends of random people", NOMINATION),
    "random": Figure((940, 1420), "tickets redeemed, of, random people", NOMINATION),
    "most_named": Figure((744, 1220), "tickets redeemed, of, most named", NOMINATION),
    "seeds": Figure(5, "percent of villagers who are asked first", NOMINATION),
}
