#include "core/clock.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/file_transfer.hpp"
#include "tau_node/message_text.hpp"

#include <fmt/format.h>

#include <iostream>
#include <sstream>

namespace tau::node {
namespace {

using nlohmann::json;

// Above the daemon's own limit of a text, so that its answer says what that is.
constexpr std::size_t max_read_bytes = 16 * 1024 * 1024;

std::string read_all(std::istream& in, std::string const& name) {
    std::ostringstream out;
    out << in.rdbuf();
    if (in.bad() || out.view().size() > max_read_bytes)
        throw failure(exit_code::failed, "too_large", name + " cannot be read or is too large");
    return out.str();
}

json send(daemon_client& client, send_arguments const& arguments, progress_line& progress) {
    if (!arguments.file.empty())
        return send_file(client, arguments.who, arguments.file, progress);
    auto text = arguments.text;
    if (text == "-") {
        text = read_all(std::cin, "standard input");
        if (text.ends_with('\n'))
            text.pop_back();
    }
    return client.post("/v1/messages", {{"to", arguments.who}, {"text", text}});
}

void take_state(json& message, json const& event) {
    if (event.value("id", "") != message.value("id", ""))
        return;
    message["state"] = event.value("state", "");
    message["way"] = event.value("way", "");
    message.erase("waiting_first_contact");
}

} // namespace

exit_code cmd_send(command_context const& context, send_arguments const& arguments) {
    if (arguments.text.empty() && arguments.file.empty())
        throw usage_error("there is nothing to send: give TEXT, - for standard input, or --file");
    daemon_client client(context.data);
    auto const& wanted = context.values.send_wait;
    json message;
    std::vector<json> early; // events that came before the answer
    if (!wanted.empty())
        client.subscribe("/v1/events", [&](std::string const& name, json const& event) {
            if (name != "state")
                return;
            if (message.is_null())
                early.push_back(event);
            else
                take_state(message, event);
        });
    progress_line progress(context.form);
    message = send(client, arguments, progress);
    for (auto const& event : early)
        take_state(message, event);

    auto const start = steady_clock::now();
    bool const reached =
        wanted.empty()
        || client.wait(
            [&] { return has_reached(message.value("state", ""), wanted); },
            std::chrono::seconds(context.values.send_timeout_s),
            [&] {
                auto const passed =
                    std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - start);
                progress.show(fmt::format("{}, waiting until it is {} ... {} s",
                                          message.value("state", ""), wanted, passed.count()));
            });
    progress.clear();
    if (context.is_json())
        print_json(message);
    else
        print_line(fmt::format("{}  {}", message.value("id", ""),
                               message.value("waiting_first_contact", false)
                                   ? "waiting for first contact"
                                   : message.value("state", "")));
    if (!reached)
        throw failure(exit_code::timed_out, "timed_out",
                      fmt::format("the message is {} and safe, but not {} yet; it is sent on by "
                                  "itself",
                                  message.value("state", ""), wanted));
    return exit_code::done;
}

} // namespace tau::node
