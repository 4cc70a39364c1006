"""Working days in the Netherlands: Monday to Friday, without the official public holidays.

Liberation Day counts as a working day, except every five years, as it does for the government and most collective
agreements.
"""

from datetime import date, datetime, time, timedelta

from service.clock import AMSTERDAM

_END_OF_DAY = time(17)
_AROUND_EASTER = (1, 39, 50)  # Easter Monday, Ascension Day, Whit Monday


def is_working_day(day: date) -> bool:
    """Tell whether a practice works on this day."""
    return day.isoweekday() < 6 and day not in _holidays(day.year)


def after(moment: datetime, working_days: int) -> datetime:
    """The end of the working day that comes so many working days later."""
    day = moment.astimezone(AMSTERDAM).date()
    while working_days:
        day += timedelta(days=1)
        working_days -= is_working_day(day)
    return datetime.combine(day, _END_OF_DAY, AMSTERDAM)


def _holidays(year: int) -> frozenset[date]:
    kings_day = date(year, 4, 27)
    if kings_day.isoweekday() == 7:
        kings_day -= timedelta(days=1)
    fixed = {date(year, 1, 1), kings_day, date(year, 12, 25), date(year, 12, 26)}
    if year % 5 == 0:
        fixed.add(date(year, 5, 5))
    return frozenset(fixed | {easter(year) + timedelta(days=days) for days in _AROUND_EASTER})


def easter(year: int) -> date:
    """Easter Sunday (the anonymous Gregorian computus, as published by Meeus)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leaps = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - leaps + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
