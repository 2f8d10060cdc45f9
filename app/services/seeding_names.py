"""Invented names, birth dates and numbers of people who do not exist, plausible for the district they are said to live in."""

from datetime import date, timedelta
from random import Random

from app.domain.identity_numbers import check_character
from app.domain.profiles import Sex

PHONE_PREFIX = "154"
"""The only mobile prefix between 150 and 159 that was never given to an operator: such a number rings nowhere."""

_HAN = {
    "王": 71, "李": 70, "张": 67, "刘": 51, "陈": 45, "杨": 31, "黄": 22, "赵": 21, "吴": 19, "周": 19, "徐": 15, "孙": 14,
    "马": 13, "朱": 13, "胡": 12, "郭": 12, "何": 11, "高": 10, "林": 10, "罗": 9, "郑": 9, "梁": 9, "谢": 7, "宋": 7,
    "唐": 7, "许": 6, "韩": 6, "邓": 6, "冯": 6, "曹": 6, "彭": 5, "曾": 5, "田": 5, "董": 5, "潘": 4, "袁": 4, "蔡": 4,
    "蒋": 4, "余": 4, "于": 4, "杜": 4, "叶": 4, "程": 4, "魏": 4, "苏": 4, "吕": 4, "丁": 4, "任": 4, "卢": 3, "姚": 3,
    "沈": 3, "姜": 3, "崔": 3, "谭": 3, "陆": 3, "范": 3, "石": 3, "贾": 3, "夏": 3, "付": 3, "白": 3, "孟": 3, "秦": 3,
    "侯": 3, "薛": 2, "闫": 2, "段": 2, "雷": 2, "史": 2, "贺": 2, "郝": 2, "武": 2, "乔": 2, "常": 2, "云": 2, "温": 1,
}  # fmt: skip
"""Family names with their weight per thousand, rounded after the surname report of the Ministry of Public Security for 2020."""

_HUI = {
    "马": 30, "白": 9, "杨": 7, "王": 7, "李": 6, "丁": 5, "沙": 4, "哈": 3, "金": 3, "刘": 3, "张": 3, "曹": 3, "穆": 2,
    "苏": 2, "海": 2, "费": 2, "庞": 2, "铁": 1, "买": 1, "撒": 1, "麻": 1, "代": 1,
}  # fmt: skip
_MONGOLIAN_FIRST = (
    "阿拉坦", "巴雅尔", "孟和", "苏日", "乌云", "娜仁", "萨仁", "其其格", "格日勒", "宝音", "朝鲁", "额尔敦",
    "斯琴", "敖登", "呼和", "那木", "青格", "乌兰", "哈斯", "恩和", "吉日", "道日", "通拉", "塔拉",
)  # fmt: skip
_MONGOLIAN_LAST = (
    "图雅", "其木格", "巴特尔", "高娃", "花", "布和", "木仁", "宝力高", "毕力格", "苏和", "托雅", "格日勒", "娜", "夫", "木图",
)  # fmt: skip
_GIVEN = (
    "建国军伟强磊洋勇杰涛明超平刚辉鹏华飞鑫波斌宇浩凯俊帆旭宁志文海东林峰晨阳子博轩思远嘉乐天佑景行",
    "芳娜秀英敏静丽艳娟霞玲桂兰红梅雪琳慧莹婷玉洁欣怡雨佳月春淑珍凤琴素贞爱莲瑞香巧文晓华明",
)
"""Characters of given names, of men and of women. Two are drawn: of one alone, names of well-known people come up."""


def invent_name(rng: Random) -> tuple[str, bool]:
    """A full name, and whether it is a Mongolian one. About a fifth of the names are of Hui and a tenth of Mongolian kind."""
    lot = rng.random()
    if lot < 0.1:
        first = rng.choice(_MONGOLIAN_FIRST)
        return first + rng.choice([last for last in _MONGOLIAN_LAST if last not in first]), True
    families = _HUI if lot < 0.3 else _HAN
    (family,) = rng.choices(list(families), weights=list(families.values()))
    return family + "".join(rng.sample(rng.choice(_GIVEN), 2)), False


def invent_phone(community: int, person: int) -> str:
    """Eleven digits; no two people of a district share them. Both numbers are below 10 000."""
    if not (0 <= community < 10_000 and 0 <= person < 10_000):
        raise ValueError("a district has room for 10 000 communities of 10 000 invented people")
    return f"{PHONE_PREFIX}{community:04d}{person:04d}"


_OF_WOMEN = ("图雅", "其木格", "高娃", "花", "托雅", "娜")
"""How Mongolian names of women end here."""
_OLDEST = date(1943, 1, 1)
_SPREAD, _TURNS = 400, 55
"""Birth dates of a community are 400 days apart, those of the next one day later: no two communities share one."""
MOST_ID_NUMBERS = 499


def sex_of(name: str, *, mongolian: bool) -> Sex:
    """Whose kind of name it is."""
    of_women = name.endswith(_OF_WOMEN) if mongolian else name[-1] in _GIVEN[1] and name[-2] in _GIVEN[1]
    return Sex.FEMALE if of_women else Sex.MALE


def invent_birth_date(rng: Random, community: int) -> date:
    """Between 1943 and 2003. ``community`` is its number in the district."""
    return _OLDEST + timedelta(days=_SPREAD * rng.randrange(_TURNS) + community % _SPREAD)


def invent_id_number(district: int, born: date, person: int, sex: Sex) -> str:
    """A number under the code of the city itself (150100 of 150103): nobody has one. ``person`` is from 1 to 499."""
    if not 1 <= person <= MOST_ID_NUMBERS:
        raise ValueError("a community has room for 499 invented identity numbers")
    first = f"{district // 100:04d}00{born:%Y%m%d}{2 * person - (sex is Sex.MALE):03d}"
    return first + check_character(first)
