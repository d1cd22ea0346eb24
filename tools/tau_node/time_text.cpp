#include "tau_node/time_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

namespace tau::node {
namespace {

using namespace std::chrono;

// Takes a number of exactly `digits` digits from the front of `text`.
result<int> take_number(std::string_view& text, std::size_t digits) {
    int value = 0;
    auto const part = text.substr(0, digits);
    auto const [end, ec] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.size() != digits || ec != std::errc{} || end != part.data() + digits || value < 0)
        return errc::invalid_encoding;
    text.remove_prefix(digits);
    return value;
}

error_code take_char(std::string_view& text, std::string_view allowed) {
    if (text.empty() || allowed.find(text[0]) == std::string_view::npos)
        return errc::invalid_encoding;
    text.remove_prefix(1);
    return {};
}

// A number and the character that follows it.
result<int> take_field(std::string_view& text, std::size_t digits, std::string_view after) {
    TAU_TRY(value, take_number(text, digits));
    if (auto const ec = take_char(text, after))
        return ec;
    return value;
}

result<sys_days> take_date(std::string_view& text) {
    TAU_TRY(y, take_field(text, 4, "-"));
    TAU_TRY(m, take_field(text, 2, "-"));
    TAU_TRY(d, take_number(text, 2));
    year_month_day const date{year(y), month(static_cast<unsigned>(m)),
                              day(static_cast<unsigned>(d))};
    if (!date.ok())
        return errc::invalid_encoding;
    return sys_days(date);
}

// ".123456" as milliseconds; nothing is zero.
result<milliseconds> take_fraction(std::string_view& text) {
    if (text.empty() || text[0] != '.')
        return milliseconds{0};
    text.remove_prefix(1);
    int ms = 0;
    int scale = 100;
    std::size_t digits = 0;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; ++digits, scale /= 10) {
        ms += (text[0] - '0') * scale;
        text.remove_prefix(1);
    }
    if (digits == 0)
        return errc::invalid_encoding;
    return milliseconds{ms};
}

result<minutes> take_offset(std::string_view& text) {
    if (!text.empty() && (text[0] == 'Z' || text[0] == 'z')) {
        text.remove_prefix(1);
        return minutes{0};
    }
    bool const west = !text.empty() && text[0] == '-';
    if (auto const ec = take_char(text, "+-"))
        return ec;
    TAU_TRY(h, take_field(text, 2, ":"));
    TAU_TRY(m, take_number(text, 2));
    if (h > 23 || m > 59)
        return errc::invalid_encoding;
    auto const offset = hours(h) + minutes(m);
    return west ? -offset : offset;
}

std::tm local_of(unix_ms time) {
    std::time_t const seconds_value = system_clock::to_time_t(time);
    std::tm out{};
    ::localtime_r(&seconds_value, &out);
    return out;
}

} // namespace

std::string to_rfc3339(unix_ms time) {
    auto const day_point = floor<days>(time);
    year_month_day const date(day_point);
    hh_mm_ss const clock(time - day_point);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

result<unix_ms> parse_rfc3339(std::string_view text) {
    TAU_TRY(date, take_date(text));
    if (auto const ec = take_char(text, "Tt "))
        return ec;
    TAU_TRY(h, take_field(text, 2, ":"));
    TAU_TRY(m, take_field(text, 2, ":"));
    TAU_TRY(s, take_number(text, 2));
    TAU_TRY(fraction, take_fraction(text));
    TAU_TRY(offset, take_offset(text));
    if (h > 23 || m > 59 || s > 60 || !text.empty())
        return errc::invalid_encoding;
    return unix_ms(date) + hours(h) + minutes(m) + seconds(s) + fraction - offset;
}

result<unix_ms> parse_since(std::string_view text, unix_ms now) {
    std::string_view const units = "smhd";
    auto const unit = text.empty() ? std::string_view::npos : units.find(text.back());
    std::int64_t count = 0;
    auto const number = text.substr(0, text.empty() ? 0 : text.size() - 1);
    auto const [end, ec] = std::from_chars(number.data(), number.data() + number.size(), count);
    bool const whole = ec == std::errc{} && end == number.data() + number.size();
    constexpr std::int64_t most = 1'000'000'000;
    if (unit != std::string_view::npos && whole && count >= 0 && count <= most) {
        constexpr std::int64_t in_seconds[] = {1, 60, 3600, 86'400};
        return now - seconds(count * in_seconds[unit]);
    }
    if (text.size() == 10) {
        TAU_TRY(date, take_date(text));
        return unix_ms(date);
    }
    return parse_rfc3339(text);
}

std::string to_local(unix_ms time, unix_ms now) {
    auto const then = local_of(time);
    auto const today = local_of(now);
    bool const same_day = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
    auto const clock = fmt::format("{:02}:{:02}", then.tm_hour, then.tm_min);
    if (same_day)
        return clock;
    return fmt::format("{:04}-{:02}-{:02} {}", then.tm_year + 1900, then.tm_mon + 1, then.tm_mday,
                       clock);
}

std::string to_span(microseconds span) {
    auto const us = static_cast<double>(span.count());
    if (us < 1e4)
        return fmt::format("{:.2f} ms", us / 1e3);
    if (us < 1e6)
        return fmt::format("{:.0f} ms", us / 1e3);
    if (us < 120e6)
        return fmt::format("{:.2f} s", us / 1e6);
    return fmt::format("{:.0f} min", us / 60e6);
}

} // namespace tau::node
