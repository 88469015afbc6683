"""Words that invented people are named with. None of them is taken from a data set."""

from __future__ import annotations

GIVEN_NAMES = (
    "Ada", "Adele", "Alan", "Amara", "Amir", "Anita", "Arlo", "Asha", "Astrid", "Aurel", "Basil", "Beatriz", "Bram", "Callum", "Carmen",
    "Cedric", "Celine", "Chidi", "Clara", "Corin", "Dalia", "Daniel", "Delphine", "Dina", "Edgar", "Edith", "Eira", "Elio", "Elsa", "Emeka",
    "Esther", "Farid", "Felix", "Fiona", "Flora", "Gareth", "Gemma", "Gideon", "Greta", "Hana", "Hugo", "Ibrahim", "Ida", "Imogen", "Ines",
    "Ivan", "Jamal", "Jonas", "Josefa", "Juno", "Karim", "Keiko", "Kofi", "Lars", "Leila", "Lena", "Leon", "Livia", "Lucas", "Maeve",
    "Magnus", "Malik", "Marta", "Mateo", "Mira", "Nadia", "Naomi", "Nils", "Noor", "Olga", "Oscar", "Otis", "Paloma", "Petra", "Pilar",
    "Quentin", "Rafael", "Ravi", "Renata", "Rhys", "Rosa", "Rufus", "Samira", "Sefton", "Selma", "Silas", "Sofia", "Stefan", "Tamsin", "Tariq",
    "Thea", "Tobias", "Ulla", "Valentin", "Vera", "Wanda", "Willem", "Yara", "Yusuf", "Zelda",
)  # fmt: skip
FAMILY_NAMES = (
    "Abbot", "Adeyemi", "Alder", "Amsel", "Andrade", "Archer", "Ashdown", "Banerjee", "Barrow", "Beck", "Birchall", "Blanco", "Bloom", "Brandt",
    "Calder", "Carvalho", "Castell", "Chandler", "Cho", "Clay", "Cooper", "Corvin", "Dalgaard", "Dempsey", "Diallo", "Drake", "Duarte", "Eaton",
    "Eklund", "Elm", "Fairley", "Farouk", "Fenwick", "Fischer", "Forde", "Frost", "Gallo", "Garland", "Gomez", "Grange", "Hadley", "Halloran",
    "Hart", "Hayashi", "Holm", "Horvat", "Hughes", "Ibarra", "Iqbal", "Jansen", "Jarvis", "Kaplan", "Keller", "Kimura", "Kovac", "Lam",
    "Larkin", "Lindqvist", "Lopes", "Lund", "Maddox", "Marsh", "Mbeki", "Mercer", "Moreau", "Nair", "Novak", "Oakes", "Okoye", "Olsen",
    "Orchard", "Pacheco", "Pascoe", "Pell", "Petrov", "Pike", "Quill", "Rahman", "Reyes", "Ridley", "Rossi", "Rowan", "Sage", "Santos",
    "Schaefer", "Sharma", "Sorensen", "Stone", "Tanaka", "Thorne", "Trevino", "Ullman", "Vance", "Vasquez", "Voss", "Walcott", "Weir", "Wolfe",
    "Yates", "Zeller",
)  # fmt: skip
STREETS = (
    "Acorn Street", "Bridge Road", "Canal Row", "Cedar Avenue", "Chapel Lane", "Copper Street", "Elm Grove", "Ferry Road", "Garden Walk", "Granary Lane",
    "Harbour View", "Hazel Court", "Juniper Way", "Lantern Street", "Market Street", "Meadow Road", "Mill Lane", "Orchard Road", "Quarry Hill", "River Street",
    "Saddler Street", "School Lane", "Station Road", "Tanner Row", "Walnut Avenue", "Weaver Street", "Willow Close", "Windmill Lane",
)  # fmt: skip
TOWNS = (
    ("Ashport", "00110"), ("Brookhaven Falls", "00124"), ("Cinder Bay", "00137"), ("Dunmere", "00142"), ("Eastwick Harbor", "00158"),
    ("Fallow Creek", "00163"), ("Glenmorrow", "00171"), ("Heron Lake", "00186"), ("Ironbridge", "00199"), ("Juniper Flats", "00204"),
    ("Kingsferry", "00215"), ("Larkspur", "00222"),
)  # fmt: skip
