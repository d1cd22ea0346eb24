#include "net/event_format.hpp"

namespace tau::net {
namespace {

std::string_view first_line(std::string_view text) {
    return text.substr(0, text.find_first_of("\r\n"));
}

} // namespace

std::string format_event(server_event const& event) {
    std::string out;
    if (!event.id.empty())
        out.append("id: ").append(first_line(event.id)).append("\n");
    if (!event.name.empty())
        out.append("event: ").append(first_line(event.name)).append("\n");
    std::string_view rest = event.data;
    while (true) {
        auto const line = first_line(rest);
        out.append("data: ").append(line).append("\n");
        if (line.size() == rest.size())
            break;
        bool const both = rest.substr(line.size()).starts_with("\r\n");
        rest.remove_prefix(line.size() + (both ? 2 : 1));
    }
    return out + "\n";
}

result<std::vector<server_event>> event_parser::feed(std::string_view piece) {
    std::vector<server_event> out;
    for (char const c : piece) {
        if (m_failed)
            return errc::too_large;
        bool const second_half = c == '\n' && m_skip_line_feed;
        m_skip_line_feed = c == '\r';
        if (second_half)
            continue;
        if (c == '\n' || c == '\r') {
            on_line(m_line, out);
            m_line.clear();
        } else {
            m_line += c;
        }
        m_failed = m_line.size() + m_event.data.size() > max_event_bytes;
    }
    if (m_failed)
        return errc::too_large;
    return out;
}

void event_parser::on_line(std::string_view line, std::vector<server_event>& out) {
    if (line.empty()) {
        if (m_has_data) {
            m_event.data.pop_back(); // the line break after the last line is not data
            out.push_back(m_event);
        }
        m_event.name.clear();
        m_event.data.clear();
        m_has_data = false;
        return;
    }
    auto const colon = line.find(':');
    auto const field = line.substr(0, colon);
    auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' '))
        value.remove_prefix(1);
    if (field == "data") {
        m_event.data.append(value).append("\n");
        m_has_data = true;
    } else if (field == "event") {
        m_event.name = value;
    } else if (field == "id" && value.find('\0') == std::string_view::npos) {
        m_event.id = value;
    }
}

} // namespace tau::net
