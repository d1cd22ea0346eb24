#include "core/hex.hpp"
#include "messenger/file_sender.hpp"
#include "tau_node/api.hpp"
#include "tau_node/json_view.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace tau::node {
namespace {

using nlohmann::json;

std::optional<std::uint64_t> whole_number(std::optional<std::string_view> text) {
    if (!text)
        return std::nullopt;
    std::uint64_t out = 0;
    auto const [end, ec] = std::from_chars(text->data(), text->data() + text->size(), out);
    bool const whole = ec == std::errc{} && end == text->data() + text->size();
    return whole ? std::optional(out) : std::nullopt;
}

std::string explain_file(error_code ec, std::string const& what) {
    if (ec == errc::disk_full)
        return what + ": there is not enough room on the disk; nothing is lost";
    if (ec == errc::too_large)
        return what + ": a file may have up to 4 GiB";
    if (ec == errc::invalid_checksum)
        return what + ": its sender made it wrongly";
    if (ec == errc::rate_limited)
        return what + ": too many files are being handed over";
    return what + ": " + ec.message();
}

} // namespace

void api::add_file_routes(net::router& out) {
    out.add({"POST", "/v1/files",
             [this](auto const& request, auto const& reply) { begin_upload(request, reply); }});
    out.add({"POST", "/v1/files/{id}",
             [this](auto const& request, auto const& reply) { write_upload(request, reply); },
             net::route_access::with_token, messenger::file_sender::max_part_bytes});
    out.add({"POST", "/v1/files/{id}/send",
             [this](auto const& request, auto const& reply) { send_upload(request, reply); }});
    out.add({"DELETE", "/v1/files/{id}", [this](auto const& request, auto const& reply) {
                 if (auto const id = whole_number(request.path.at("id")))
                     m_stack.messenger().drop_upload(*id);
                 send_json(reply, json::object());
             }});
    out.add({"POST", "/v1/messages/{id}/fetch", [this](auto const& request, auto const& reply) {
                 with_message(request.path.at("id"), reply, [this, reply](auto const& id) {
                     m_stack.messenger().fetch_file(id, [reply](error_code ec) {
                         if (ec)
                             return send_error(reply, ec, explain_file(ec, "cannot fetch"));
                         send_json(reply, json::object());
                     });
                 });
             }});
}

void api::begin_upload(net::http_request const& request, net::http_reply const& reply) {
    auto const size = whole_number(request.parameter("bytes"));
    if (!size)
        return send_error(reply, errc::invalid_argument, "bytes must be the size of the file");
    auto const id = m_stack.messenger().begin_upload(*size);
    if (!id)
        return send_error(reply, id.error(),
                          id.error() == errc::not_found
                              ? "files above 256 KiB are switched off: files.enabled"
                              : explain_file(id.error(), "cannot take the file"));
    send_json(reply,
              {{"upload", id.value()}, {"part_bytes", messenger::file_sender::max_part_bytes}},
              201);
}

void api::write_upload(net::http_request const& request, net::http_reply const& reply) {
    auto const id = whole_number(request.path.at("id"));
    auto const from = whole_number(request.parameter("from"));
    if (!id || !from)
        return send_error(reply, errc::invalid_argument, "from must say where the part begins");
    m_stack.messenger().write_upload(*id, *from, to_bytes(request.body), [reply](error_code ec) {
        if (ec)
            return send_error(reply, ec, explain_file(ec, "the file was not taken"));
        send_json(reply, json::object());
    });
}

void api::send_upload(net::http_request const& request, net::http_reply const& reply) {
    auto const id = whole_number(request.path.at("id"));
    if (!id)
        return send_error(reply, errc::not_found, "there is no such upload");
    auto const to = who(std::string(request.parameter("to").value_or("")), reply);
    if (!to)
        return m_stack.messenger().drop_upload(*id);
    messenger::outgoing_upload what{*id, std::string(request.parameter("name").value_or("file"))};
    m_stack.messenger().send_upload(
        *to, std::move(what), [this, reply](auto const& stored) { on_stored(stored, reply); });
}

void api::send_part(messenger::message_id const& id, net::http_request const& request,
                    net::http_reply const& reply) {
    auto const from = whole_number(request.parameter("from"));
    auto const count = whole_number(request.parameter("count"));
    if (!from || !count || *count == 0)
        return send_error(reply, errc::invalid_argument,
                          "from and count must say which octets are wanted");
    auto const most = std::min<std::uint64_t>(*count, messenger::file_sender::max_part_bytes);
    m_stack.messenger().read_file(
        id, *from, static_cast<std::size_t>(most), [reply](result<bytes> const& part) {
            if (!part)
                return send_error(reply, part.error(), "the file is not here (yet)");
            send_octets(reply, part.value());
        });
}

} // namespace tau::node
