#include "daemon.hpp"
#include "open_files.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <iostream>

namespace {

using namespace tau;
using namespace tau::tracker_tool;

constexpr int usage_error = 2;

struct options {
    std::string config_file;
    std::vector<std::string> http;
    std::vector<std::string> https;
    std::vector<std::string> udp;
    std::string admin;
    std::string store;
    std::string snapshot;
    bool check = false;
    bool print = false;
};

// What the command line says stands above the file, also after a reload.
config effective(options const& o) {
    auto out = o.config_file.empty() ? config{} : load_config(o.config_file);
    if (!o.http.empty())
        out.http = o.http;
    if (!o.https.empty())
        out.https = o.https;
    if (!o.udp.empty())
        out.udp = o.udp;
    if (!o.admin.empty())
        out.admin = o.admin;
    if (!o.store.empty())
        out.store = o.store;
    if (!o.snapshot.empty())
        out.snapshot_file = o.snapshot;
    return out;
}

logger make_logger(std::string const& level) {
    auto const sink = spdlog::stderr_color_mt("tau-tracker");
    sink->set_level(spdlog::level::from_str(level));
    sink->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    return {[sink](log_level at, std::string_view component, std::string_view line) {
                constexpr std::array levels{spdlog::level::trace, spdlog::level::debug,
                                            spdlog::level::info, spdlog::level::warn,
                                            spdlog::level::err};
                sink->log(levels.at(static_cast<std::size_t>(at)), "{}: {}", component, line);
            },
            "tracker"};
}

int run(options const& o) {
    auto settings = effective(o);
    settle(settings);
    if (o.print) {
        std::cout << to_toml(settings);
        return 0;
    }
    if (o.check) {
        (void)load_policy(settings);
        (void)load_certificate(settings);
        (void)redis_config(settings);
        std::cout << "the configuration is in order\n";
        return 0;
    }
    auto const log = make_logger(settings.log_level);
    if (auto const files = raise_open_files(); !fit_open_files(settings, files))
        log.write(log_level::warning,
                  "limits.max_http_connections is " + std::to_string(settings.max_http_connections)
                      + " here, because no more than " + std::to_string(files)
                      + " files may be open; see LimitNOFILE of systemd, or ulimit -n");
    tracker_tool::daemon d(
        settings, [o] { return effective(o); }, log);
    d.run();
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    options o;
    CLI::App app("A BitTorrent tracker that knows which wallets are connected to which.");
    app.add_option("--config", o.config_file, "configuration file (TOML)");
    app.add_option("--http", o.http, "address:port of the HTTP tracker, may be repeated");
    app.add_option("--https", o.https, "the same over TLS; needs tls.certificate and tls.key");
    app.add_option("--udp", o.udp, "address:port of the UDP tracker, may be repeated");
    app.add_option("--admin", o.admin, "address:port of metrics and the admin API");
    app.add_option("--store", o.store, "memory, redis://host:port or redis+unix:/path");
    app.add_option("--snapshot", o.snapshot, "file that keeps the state over restarts");
    app.add_flag("--check-config", o.check, "check the configuration and end");
    app.add_flag("--print-config", o.print, "print the configuration with its meaning and end");
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        if (e.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
            return app.exit(e); // help was asked for
        std::cerr << "tau-tracker: " << e.what() << "; see tau-tracker --help\n";
        return usage_error;
    }
    try {
        return run(o);
    } catch (std::exception const& e) {
        std::cerr << "tau-tracker: " << e.what() << '\n';
        return 1;
    }
}
