<#import "template.ftl" as layout>
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("chooseWorkspaceProgressTitle")}
  <#elseif section = "form">
    <link rel="stylesheet" href="${url.resourcesPath}/css/choose-workspace.css">
    <p id="cw-chosen" class="cw-chosen">${workspace}</p>
    <div id="cw-progress" class="cw-progress" role="status">
      <#if progress??>
        <#assign stepWords = progress.step>
        <#-- A brace in a key that has no message is a fault for MessageFormat. -->
        <#if progress.step?matches("[a-z -]+")>
          <#assign stepKey = "chooseWorkspaceStep." + progress.step?replace(" ", "-")>
          <#if msg(stepKey) != stepKey><#assign stepWords = msg(stepKey)></#if>
        </#if>
        <p><label for="cw-bar">${msg("chooseWorkspaceStep", progress.number?c, progress.of?c)}</label> <span id="cw-step">${stepWords}</span></p>
        <progress id="cw-bar" class="cw-bar" value="${progress.number?c}" max="${progress.of?c}"></progress>
        <#if progress.message??><p id="cw-message" class="cw-reason" lang="en">${progress.message}</p></#if>
      <#else>
        <p>${msg("chooseWorkspacePending")}</p>
      </#if>
      <#if note??><p id="cw-note" class="cw-reason" lang="en">${note}</p></#if>
    </div>
    <#if usualMinutes??><p id="cw-usual"><#if usualMinutes = 1>${msg("chooseWorkspaceUsualOne")}<#else>${msg("chooseWorkspaceUsual", usualMinutes?c)}</#if></p></#if>
    <p><#if still>${msg("chooseWorkspaceStillOn")}<#else>${msg("chooseWorkspaceStillOff")}</#if></p>
    <form id="cw-form" class="${properties.kcFormClass!}" action="${url.loginAction}" method="post">
      <div class="cw-buttons">
        <button id="cw-check" type="submit" name="check" value="true" class="${properties.kcButtonClass!} ${properties.kcButtonPrimaryClass!} ${properties.kcButtonBlockClass!}">${msg("chooseWorkspaceCheck")}</button>
        <button id="cw-still" type="submit" name="still" value="${(!still)?c}" class="${properties.kcButtonClass!} ${properties.kcButtonSecondaryClass!properties.kcButtonDefaultClass!} ${properties.kcButtonBlockClass!}"><#if still>${msg("chooseWorkspaceRefresh")}<#else>${msg("chooseWorkspaceStopRefresh")}</#if></button>
        <button id="cw-again" type="submit" name="again" value="true" class="${properties.kcButtonClass!} ${properties.kcButtonSecondaryClass!properties.kcButtonDefaultClass!} ${properties.kcButtonBlockClass!}">${msg("chooseWorkspaceOther")}</button>
      </div>
    </form>
  </#if>
</@layout.registrationLayout>
