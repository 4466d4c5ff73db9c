"""Where the people of the sample come from, and what they are called there."""

from dataclasses import dataclass

from orchestration.sample_community.clock import BERLIN, LISBON, Zone


@dataclass(frozen=True)
class Country:
    """How many of a hundred members live there, the zone, given names, family names, and how the two are joined."""

    share: int
    zone: Zone
    given: tuple[str, ...]
    family: tuple[str, ...]
    pattern: str = "{given} {family}"


def _country(share: int, zone: Zone, given: str, family: str, pattern: str = "{given} {family}") -> Country:
    return Country(share, zone, tuple(given.split()), tuple(family.split()), pattern)


COUNTRIES = (
    _country(
        34,
        BERLIN,
        "Anke Björn Clara Dörte Emil Frieda Günther Hanna Ingo Jule Karsten Lena Malte Nele Ole Petra Silke Thore Uta",
        "Ahrens Böttcher Claußen Dührkop Eggers Fröhlich Größer Hansen Jürgens Köhler Lührs Müller Petersen Schütt",
    ),
    _country(
        6,
        Zone("Europe/Amsterdam", "Central European Time", 60, "eu"),
        "Anouk Bram Daan Femke Jeroen Lotte Maartje Sjoerd",
        "Bakker Dekker Hoekstra Kuipers Visser Vermeulen",
    ),
    _country(
        5,
        Zone("Europe/Copenhagen", "Central European Time", 60, "eu"),
        "Åse Bjarke Freja Jørgen Mads Sørine Åke Linnéa",
        "Ågård Bjørnsen Dahlström Kjær Møller Østergaard",
    ),
    _country(
        5,
        Zone("Europe/Warsaw", "Central European Time", 60, "eu"),
        "Agnieszka Bartłomiej Grażyna Jędrzej Łucja Paweł Żaneta",
        "Dąbrowski Gołąb Kościelny Łuczak Święcicki Źrebiec",
    ),
    _country(
        5,
        Zone("Europe/Paris", "Central European Time", 60, "eu"),
        "Aurélie Benoît Chloé François Gaëlle Jérôme Maëlys Noémie",
        "Béranger Cœurdoux Dupré Guérin Lefèvre Noël",
    ),
    _country(
        4,
        Zone("Europe/Madrid", "Central European Time", 60, "eu"),
        "Begoña Íñigo José Lucía Martín Nuria Ximena",
        "Fernández Ibáñez Muñoz Núñez Peñalver",
    ),
    _country(4, LISBON, "Amália Conceição Gonçalo João Lurdes Tomás", "Araújo Brandão Magalhães Simões Vilaça"),
    _country(
        4,
        Zone("Europe/London", "Greenwich Mean Time", 0, "eu"),
        "Aisling Callum Imogen Niamh Rhys Siobhán Tamsin",
        "Byrne Featherstone Llewellyn MacAllister O'Neill Penhaligon",
    ),
    _country(
        4,
        Zone("Europe/Istanbul", "Turkey Time", 180),
        "Ayşegül Çağlar Gökçe İbrahim Işıl Özgür Şebnem",
        "Çelik Güneş Kılıç Öztürk Şahin Yıldız",
    ),
    _country(
        3,
        Zone("Europe/Kyiv", "Eastern European Time", 120, "eu"),
        "Богдан Ганна Любов Мирослава Олексій Тарас",
        "Бойко Коваленко Лисенко Мельник Шевчук",
    ),
    _country(
        2,
        Zone("Europe/Athens", "Eastern European Time", 120, "eu"),
        "Αλέξανδρος Ελένη Γιώργος Κατερίνα Νίκος",
        "Αντωνίου Βασιλείου Παπαδάκης Σταύρου",
    ),
    _country(
        3,
        Zone("Africa/Tunis", "Central European Time", 60),
        "أحمد خديجة سلمى عمر فاطمة ليلى محمود يوسف",
        "بن_علي حداد الخطيب الطرابلسي منصور النجار",
    ),
    _country(
        2,
        Zone("Africa/Lagos", "West Africa Time", 60),
        "Adébáyò Chidinma Folúkẹ́ Ngọzi Olúwaṣeun Tẹ́míladé",
        "Adéyẹmí Eze Nwosu Ọlátúnjí Okafor",
    ),
    _country(
        3,
        Zone("Asia/Kolkata", "India Standard Time", 330),
        "Ananya Devika Harish Kavya Rohan प्रिया अर्जुन",
        "Banerjee Iyer Kulkarni Nair शर्मा वर्मा",
    ),
    _country(
        5,
        Zone("Asia/Jakarta", "Western Indonesia Time", 420),
        "Adi Bambang Dewi Kadek Nyoman Putri Ratna Sri Wayan",
        "Hidayat Kusuma Lestari Nugroho Pratama Rahayu Susanti Wibowo",
    ),
    Country(
        3, Zone("Asia/Jakarta", "Western Indonesia Time", 420), ("Suharti", "Slamet", "Poniman", "Wulandari"), ("",)
    ),
    _country(
        5,
        Zone("Asia/Shanghai", "China Standard Time", 480),
        "伟 芳 建国 丽娟 思远 晓明 雨桐 志强 子涵 海燕",
        "王 李 张 刘 陈 欧阳 赵 黄 周",
        "{family}{given}",
    ),
    _country(
        2, Zone("Asia/Taipei", "Taipei Standard Time", 480), "怡君 家豪 淑芬 冠宇", "林 蔡 許 謝", "{family}{given}"
    ),
    _country(
        2,
        Zone("Asia/Tokyo", "Japan Standard Time", 540),
        "さくら 健太 美咲 陽子",
        "佐藤 鈴木 高橋 渡辺",
        "{family} {given}",
    ),
    _country(
        1, Zone("Asia/Seoul", "Korea Standard Time", 540), "민준 서연 지훈 하은", "김 박 이 최", "{family}{given}"
    ),
    _country(
        2,
        Zone("Asia/Ho_Chi_Minh", "Indochina Time", 420),
        "Thị_Hương Văn_Đức Minh_Tuấn Thùy_Linh",
        "Nguyễn Trần Phạm Đặng",
        "{family} {given}",
    ),
    _country(
        3,
        Zone("America/Sao_Paulo", "Brasilia Time", -180),
        "Antônio Cauã Letícia Raquel Thaís Vinícius",
        "Conceição Gonçalves Araújo Sant'Anna Brandão",
    ),
    _country(
        3,
        Zone("America/New_York", "Eastern Time", -300, "us"),
        "Denise Harold Keisha Lorraine Marcus Trevor",
        "Abernathy Castillo Dubois Kowalczyk Whitfield",
    ),
    _country(
        2,
        Zone("America/Los_Angeles", "Pacific Time", -480, "us"),
        "Brandon Esperanza Kai Mei-Ling Sierra",
        "Delgado Huang Nakamura Ostrowski",
    ),
)

# Names that strangers could choose for themselves. Whatever shows a name has to survive them.
HOSTILE = {
    "regular": "<script>alert(1)</script>",
    "fader": '=HYPERLINK("http://x")',
    "returner": "Robert'); DROP TABLE members;--",
}

STAFF = (
    ("Inês Carvalho", "ines", LISBON),
    ("Hauke Brodersen", "hauke", BERLIN),
    ("Mei-Hua Lindner 林美華", "meihua", BERLIN),
    ("Tobias Öhlschläger", "tobias", BERLIN),
    ("Samira El Fassi", "samira", BERLIN),
)


def full_name(country: Country, given: str, family: str) -> str:
    """A whole name as its owner writes it."""
    return country.pattern.format(given=given, family=family).replace("_", " ").strip()
