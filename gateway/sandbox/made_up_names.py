"""Names for people who do not exist, made-up places in made-up numbers, and true names of professions and communes.

Family names are put together, with the accents, particles, hyphens and apostrophes by which true ones are mistyped.
Source: ANS, TRE_G15 (professions), TRE_R38 (savoir-faire); INSEE, Code officiel géographique (communes).
"""

from dataclasses import dataclass
from functools import cache
from itertools import product
from zlib import crc32

_HEADS = (
    "Bra Cha Dé Fé Gau Hé Jo La Ma Mé No Pé Qué Ra Ro Sau Ta Thé Va Vé Bé Clé Dru Flo Gri Lé Mau Nè Pru Tré "
    "Ver Bou Cou Dou Gué Lou Mou Pou Rou Tou Vau Bel Cor Del Fer Gar Hau Mar Nor Pel Sal Tor"
)
_MIDDLES = ", lan,ri,vé,gou,li,rou,bé,chon,dé,fi,mar,quin,sé,to,va,ssi,lla,rra,nné,gne,ço,mbi,ndo,rgé,ste"
_TAILS = "nnet rault tier deau llard mont vigny court gnac ssier quet chet ron bert lin roux zac ssard veau"
_SECOND = ("Bra", "Cha", "Dé", "Gau", "Hé", "Jo", "Mé", "Ro")
_PARTICLES = ("de ", "de la ", "du ", "Le ", "d'", "des ", "Ben ", "Van ")
_GIVEN = (
    "Jean Marie Pierre Anne Michel Sophie Éric Hélène Élodie François Céline Karim Inès Noémie Aïcha Loïc Zoé "
    "Jean-Pierre Marie-Claude Anne-Sophie Benoît Chloé Gaëlle Jérôme Maël Naïma Océane Raphaël Solène Thérèse Yaël "
    "Cédric Daphné Félix Grégoire Irène Joël Lætitia Maïté Noël Odile Paul Quentin Rémi Stéphane Tony Ursule Véronique"
)


@dataclass(frozen=True, slots=True)
class Commune:
    insee: str
    postal: str
    name: str


@dataclass(frozen=True, slots=True)
class Trade:
    """A profession (TRE_G15) and, where there is one, a savoir-faire."""

    profession: str
    label: str
    skill: str = ""
    skill_label: str = ""


COMMUNES = tuple(
    Commune(*row.split("|"))
    for row in """51454|51100|Reims
51108|51000|Châlons-en-Champagne
51230|51200|Épernay
51649|51300|Vitry-le-François
08105|08000|Charleville-Mézières
10387|10000|Troyes
02408|02000|Laon
54395|54000|Nancy
57463|57000|Metz
67482|67000|Strasbourg
59350|59000|Lille
76540|76000|Rouen
35238|35000|Rennes
44109|44000|Nantes
33063|33000|Bordeaux
31555|31000|Toulouse
34172|34000|Montpellier
69123|69000|Lyon
38185|38000|Grenoble
42218|42000|Saint-Étienne
63113|63000|Clermont-Ferrand
87085|87000|Limoges
37261|37000|Tours
45234|45000|Orléans
21231|21000|Dijon
25056|25000|Besançon
2A004|20000|Ajaccio
62764|62000|Saint-Laurent-Blangy
50218|50400|Granville
56260|56000|Vannes""".splitlines()
)
TRADES = (
    Trade("60", "Infirmier"),
    Trade("10", "Médecin", "SM54", "Médecine générale"),
    Trade("70", "Masseur-Kinésithérapeute"),
    Trade("21", "Pharmacien"),
    Trade("40", "Chirurgien-Dentiste"),
    Trade("50", "Sage-Femme"),
    Trade("91", "Orthophoniste"),
    Trade("10", "Médecin", "SM04", "Cardiologie et maladies vasculaires"),
    Trade("10", "Médecin", "SM42", "Psychiatrie"),
    Trade("10", "Médecin", "SM40", "Pédiatrie"),
    Trade("80", "Pédicure-Podologue"),
    Trade("10", "Médecin", "SM41", "Pneumologie"),
    Trade("10", "Médecin", "SM18", "Gériatrie"),
    Trade("60", "Infirmier", "SI01", "Pathologies chroniques stabilisées"),
    Trade("60", "Infirmier", "SI02", "Oncologie et hémato-oncologie"),
)


@cache
def family_names() -> tuple[str, ...]:
    """Some twenty thousand, in an order that has nothing to do with the alphabet."""
    plain = {f"{a}{b.strip()}{c}" for a, b, c in product(_HEADS.split(), _MIDDLES.split(","), _TAILS.split())}
    shuffled = sorted(plain, key=lambda name: (crc32(name.encode()), name))
    return tuple(_dressed(name, index) for index, name in enumerate(shuffled))


def given_names() -> tuple[str, ...]:
    return tuple(_GIVEN.split())


def _dressed(name: str, index: int) -> str:
    """Every seventh name has a particle; every eleventh is double."""
    if index % 7 == 3:
        return _PARTICLES[index // 7 % len(_PARTICLES)] + name
    return f"{name}-{_SECOND[index % len(_SECOND)]}lin" if index % 11 == 5 else name
