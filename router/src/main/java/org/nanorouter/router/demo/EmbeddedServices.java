// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.io.IOError;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.ftpserver.FtpServer;
import org.apache.ftpserver.FtpServerFactory;
import org.apache.ftpserver.ftplet.FtpException;
import org.apache.ftpserver.listener.ListenerFactory;
import org.apache.ftpserver.usermanager.impl.BaseUser;
import org.apache.ftpserver.usermanager.impl.WritePermission;
import org.jline.builtins.telnet.Telnet;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Telnet and ftp servers for a guest whose machine has none: Apache FtpServer and jline's telnet server. */
public final class EmbeddedServices {
    private static final int TELNET_PORT = 23;
    private static final int FTP_PORT = 21;
    private static final String ANY = "::";
    private static final int ATTEMPTS = 3;
    /** Apache FtpServer tells every command at the level INFO. Held here, since loggers are only weakly held. */
    private static final Logger LOG = Logger.getLogger("");

    private final Path userHome;
    private final String osName;

    private EmbeddedServices(Path userHome, String osName) {
        this.userHome = userHome;
        this.osName = osName;
    }

    /** Serves until this process is ended. */
    public static void serve(Path userHome, String osName) throws Exception {
        LOG.setLevel(Level.WARNING);
        EmbeddedServices services = new EmbeddedServices(userHome, osName);
        services.startFtp();
        services.startTelnet();
        new CountDownLatch(1).await();
    }

    private void startFtp() throws FtpException {
        BaseUser user = new BaseUser();
        user.setName(Traffic.USER);
        user.setPassword(Traffic.PASSWORD);
        user.setHomeDirectory(userHome.toString());
        user.setAuthorities(List.of(new WritePermission()));
        ListenerFactory listener = new ListenerFactory();
        listener.setPort(FTP_PORT);
        listener.setServerAddress(ANY);
        FtpServerFactory factory = new FtpServerFactory();
        factory.addListener("default", listener.createListener());
        factory.getUserManager().save(user);
        FtpServer server = factory.createServer();
        server.start();
    }

    private void startTelnet() throws Exception {
        Terminal none = TerminalBuilder.builder().dumb(true).build();
        new Telnet(none, this::talk).telnetd(new String[] {"telnetd", "-i", ANY, "-p", String.valueOf(TELNET_PORT),
            "start"});
    }

    /** One telnet session. */
    private void talk(Terminal terminal, Map<String, String> environment) {
        LineReader reader = LineReaderBuilder.builder().terminal(terminal)
                .option(LineReader.Option.BRACKETED_PASTE, false)
                .build();
        PrintWriter out = terminal.writer();
        try {
            for (int i = 0; i < ATTEMPTS; i++) {
                String user = reader.readLine(osName + " login: ");
                String password = reader.readLine("Password: ", '\0');
                if (Traffic.USER.equals(user) && Traffic.PASSWORD.equals(password)) {
                    obey(reader, out);
                    return;
                }
                out.println("Login incorrect");
            }
        } catch (EndOfFileException | UserInterruptException e) {
            out.println();
        } catch (IOException | IOError e) {
            out.println(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        out.flush();
    }

    private void obey(LineReader reader, PrintWriter out) throws IOException, InterruptedException {
        while (true) {
            String command = reader.readLine("guest$ ").strip();
            if ("exit".equals(command)) {
                return;
            }
            Process process = new ProcessBuilder("/bin/sh", "-c", command)
                    .directory(userHome.toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines().forEach(out::println);
            out.flush();
            process.waitFor();
        }
    }
}
