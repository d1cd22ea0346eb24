#include "core/text.hpp"
#include "net/http_target.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tau::node {
namespace {

using nlohmann::json;

std::string topic_path(std::string const& name, char const* what) {
    return "/v1/topics/" + net::percent_encode(name) + "/" + what;
}

void print_post(json const& post) {
    auto const name = post.value("name", "");
    auto const author = name.empty() ? post.value("from", "").substr(0, 12) : escape_text(name);
    print_line(fmt::format("{}  {}: {}", post.value("time", ""), author,
                           escape_text(post.value("text", ""))));
}

exit_code list_topics(command_context const& context, daemon_client& client) {
    auto const all = client.get("/v1/topics");
    if (context.is_json()) {
        print_json(all);
        return exit_code::done;
    }
    if (all.empty())
        print_line("none yet; join one with: tau-node topic join NAME");
    for (auto const& one : all)
        print_line(fmt::format("{}  {} members linked  {}", one.value("info_hash", ""),
                               one.value("peers", 0), escape_text(one.value("name", ""))));
    return exit_code::done;
}

exit_code follow(command_context const& context, daemon_client& client,
                 topic_arguments const& arguments) {
    client.subscribe("/v1/events", [&](std::string const& name, json const& post) {
        if (name != "post" || post.value("topic", "") != arguments.name)
            return;
        if (context.is_json())
            print_json(post);
        else
            print_post(post);
    });
    client.wait([] { return false; }, std::nullopt);
    return exit_code::done;
}

exit_code read_posts(command_context const& context, daemon_client& client,
                     topic_arguments const& arguments) {
    auto const all = client.get(topic_path(arguments.name, "posts"));
    for (auto const& post : all)
        if (context.is_json())
            print_json(post);
        else
            print_post(post);
    return arguments.follow ? follow(context, client, arguments) : exit_code::done;
}

exit_code list_members(command_context const& context, daemon_client& client,
                       topic_arguments const& arguments) {
    auto const all = client.get(topic_path(arguments.name, "peers"));
    if (context.is_json()) {
        print_json(all);
        return exit_code::done;
    }
    if (all.empty())
        print_line("no member is linked with this node");
    for (auto const& one : all)
        print_line(one.value("wallet", "") + "  " + one.value("public_key", ""));
    return exit_code::done;
}

std::string short_wallet(json const& wallet) {
    return wallet.get<std::string>().substr(0, 10);
}

// One way as a line: each hop with its name, and how long it takes there and back.
std::string drawn(json const& way, json const& times, json const& names) {
    std::string out = "you";
    for (std::size_t i = 0; i < way.size(); ++i) {
        auto const time = i < times.size() && times[i].is_number()
                              ? fmt::format("{:.1f} ms", times[i].get<double>())
                              : std::string("no answer");
        out += " --(" + time + ")-- " + short_wallet(way[i]);
        if (auto const name = names.find(way[i].get<std::string>()); name != names.end())
            out += " " + escape_text(name->get<std::string>());
    }
    return out;
}

std::string drawn(json const& way) {
    std::string out = "you";
    for (auto const& wallet : way)
        out += " - " + short_wallet(wallet);
    return out;
}

} // namespace

exit_code cmd_topic(command_context const& context, topic_arguments const& arguments) {
    daemon_client client(context.data);
    if (arguments.action == "list")
        return list_topics(context, client);
    if (arguments.action == "peers")
        return list_members(context, client, arguments);
    if (arguments.action == "read")
        return read_posts(context, client, arguments);
    json answer;
    if (arguments.action == "join")
        answer = client.post("/v1/topics", {{"name", arguments.name}});
    else if (arguments.action == "leave")
        answer = client.post(topic_path(arguments.name, "leave"), json::object());
    else
        answer = client.post(topic_path(arguments.name, "say"), {{"text", arguments.text}});
    if (context.is_json())
        print_json(answer);
    else if (arguments.action == "join")
        print_line("joined " + escape_text(arguments.name) + "  " + answer.value("info_hash", ""));
    else if (arguments.action == "say")
        print_line(fmt::format("said to {} linked members", answer.value("peers", 0)));
    return exit_code::done;
}

exit_code cmd_peers(command_context const& context) {
    auto const all = daemon_client(context.data).get("/v1/peers");
    if (context.is_json()) {
        print_json(all);
        return exit_code::done;
    }
    for (auto const& link : all.at("links")) {
        auto const name = link.at("name").is_string() ? link.at("name").get<std::string>() : "";
        print_line(
            fmt::format("{}  {:<22} {:>6} s  {:>9} B out  {:>9} B in  {} queued, {} here  {}  {}",
                        link.value("wallet", ""), link.value("endpoint", ""),
                        link.value("age_s", 0), link.value("sent_bytes", std::uint64_t{0}),
                        link.value("received_bytes", std::uint64_t{0}), link.value("queued", 0),
                        link.value("held", 0),
                        link.value("dialled", false) ? "dialled" : "accepted", escape_text(name)));
    }
    if (all.at("links").empty())
        print_line("no links; join a topic, or set overlay.trackers to be found by friends");
    for (auto const& tracker : all.at("trackers"))
        print_line(fmt::format(
            "tracker {}  {}", tracker.value("tracker", ""),
            tracker.value("answers", false) ? std::string(
                tracker.value("knows_links", false) ? "answers, knows links" : "answers")
                                            : escape_text(tracker.value("problem", ""))));
    return exit_code::done;
}

exit_code cmd_route(command_context const& context, std::string const& who) {
    auto const route = daemon_client(context.data).get("/v1/route/" + net::percent_encode(who));
    if (context.is_json()) {
        print_json(route);
        return exit_code::done;
    }
    print_line(route.value("wallet", "") + (route.value("linked", false) ? "  linked" : ""));
    for (std::size_t i = 0; i < route.at("usable").size(); ++i)
        print_line("  " + drawn(route["usable"][i], route.at("times_ms").at(i), route.at("names")));
    if (route.at("usable").empty()) {
        print_line(route.at("paths").empty()
                       ? "  no path is known"
                       : "  the trackers know paths, but none begins at a link of yours");
        return exit_code::not_found;
    }
    return exit_code::done;
}

exit_code cmd_trace(command_context const& context, std::string const& id) {
    auto const trace =
        daemon_client(context.data).get("/v1/messages/" + net::percent_encode(id) + "/trace");
    if (context.is_json()) {
        print_json(trace);
        return exit_code::done;
    }
    print_line(fmt::format("{}  {}, way: {}", trace.value("id", ""), trace.value("state", ""),
                           trace.value("way", "")));
    for (auto const& step : trace.at("steps"))
        print_line(fmt::format("  {}  {:<12} {}{}", step.value("time", ""), step.value("step", ""),
                               step.at("way").empty() ? "" : drawn(step.at("way")),
                               step.contains("reason") ? " (" + step.value("reason", "") + ")"
                                                       : std::string()));
    return exit_code::done;
}

} // namespace tau::node
